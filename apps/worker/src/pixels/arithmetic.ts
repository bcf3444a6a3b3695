import type { Photo } from '#imaging';
import { cutout, resizeLanczos, toMask, toTensor, type Raster } from '#matting';
import type { Variant } from '#models';
import { move, transferableSymbol, valueSymbol } from 'piscina';

// Runs in the threads of the pixel pool. Buffers are moved in and out, never copied.

export type Prepared = { readonly photo: Photo; readonly tensor: Float32Array<ArrayBuffer> };
export type PrepareInput = { readonly photo: Photo; readonly input: Variant['input'] };
export type FinishInput = {
  readonly photo: Photo;
  readonly logits: Float32Array<ArrayBuffer>;
  readonly size: number;
};

const handOver = (value: object, buffers: readonly ArrayBufferLike[]) =>
  move({ [transferableSymbol]: buffers, [valueSymbol]: value });

/** Photo → the network's input tensor, and the photo back. */
export const preprocess = ({ photo, input }: PrepareInput) => {
  const tensor = toTensor(resizeLanczos(photo, input.size, input.size), input);
  return handOver({ photo, tensor } satisfies Prepared, [photo.data.buffer, tensor.buffer]);
};

/** The network's output and the photo it was made of → the cutout, RGBA with straight alpha. */
export const postprocess = ({ photo, logits, size }: FinishInput) => {
  const alpha = resizeLanczos(toMask(logits, size), photo.width, photo.height);
  const { data, width, height, channels } = cutout(photo, alpha);
  return handOver({ data, width, height, channels } satisfies Raster, [data.buffer]);
};
