import type { Photo } from '#imaging';
import { toHalves, type Input } from '#inference';
import { quantise, resizeLanczos, sigmoid, toMask, toTensor, type Raster } from '#matting';
import type { Variant } from '#models';
import { finish, type Finished, type FinishOptions } from './finish.js';
import { move, transferableSymbol, valueSymbol } from 'piscina';

// Runs in the threads of the pixel pool. Buffers are moved in and out, never copied.

export type Prepared = { readonly photo: Photo; readonly tensor: Input };
export type PrepareInput = { readonly photo: Photo; readonly input: Variant['input'] };
export type FinishInput = FinishOptions & {
  readonly photo: Photo;
  readonly logits: Float32Array<ArrayBuffer>;
  readonly size: number;
  readonly output: Variant['output'];
};

const handOver = (value: object, buffers: readonly ArrayBufferLike[]) =>
  move({ [transferableSymbol]: buffers, [valueSymbol]: value });

/** Photo → the network's input tensor, and the photo back. */
export const preprocess = ({ photo, input }: PrepareInput) => {
  const floats = toTensor(resizeLanczos(photo, input.size, input.size), input);
  // Here and not on the device's thread, which has better to do.
  const tensor = input.type === 'float16' ? toHalves(floats) : floats;
  return handOver({ photo, tensor } satisfies Prepared, [photo.data.buffer, tensor.buffer]);
};

/** What the network put out, as a mask of its size. */
const maskOf = ({ logits, size, output }: FinishInput): Raster => {
  const prediction = output.activation === 'sigmoid' ? sigmoid(logits) : logits;
  return output.normalise === 'minmax' ? toMask(prediction, size) : quantise(prediction, size);
};

/** The network's output and the photo it was made of → the result's pixels. */
export const postprocess = (work: FinishInput) => {
  const { photo } = work;
  const mask = resizeLanczos(maskOf(work), photo.width, photo.height);
  const finished = finish(photo, mask, work);
  const { data, width, height, channels } = finished.raster;
  const raster: Raster = { data, width, height, channels };
  return handOver({ ...finished, raster } satisfies Finished, [data.buffer]);
};
