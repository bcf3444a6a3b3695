import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import type { Photo } from '#imaging';
import type { Input } from '#inference';
import type { Raster } from '#matting';
import type {
  ComposeInput,
  Deflated,
  FinishInput,
  Postprocessed,
  PostprocessedInThread,
  PrepareInput,
  Prepared,
} from './arithmetic.js';
import { createRun, watchThreads } from './pool-threads.js';
import { createPixelSpares, createSpares } from './spares.js';

/** Threads for pixel arithmetic. They keep the main thread free to renew locks and answer probes. */
export type PixelPool = {
  /** The largest number of threads. */
  readonly threads: number;
  readonly preprocess: (work: PrepareInput, signal: AbortSignal) => Promise<Prepared>;
  readonly postprocess: (work: FinishInput, signal: AbortSignal) => Promise<Postprocessed>;
  /** Draws a cutout on its canvas. Takes the pixels. */
  readonly compose: (work: ComposeInput, signal: AbortSignal) => Promise<Raster>;
  /** The mask of a former result; undefined when it has none. Takes the pixels. */
  readonly readMask: (result: Photo, signal: AbortSignal) => Promise<Raster | undefined>;
  /** The rows of a PNG, compressed. Takes the pixels. */
  readonly deflate: (raster: Raster) => Promise<Uint8Array>;
  /** Used memory for pixels of at least so many bytes, with anything in it; undefined when there is none that fits. */
  readonly takeMemory: (bytes: number) => ArrayBuffer | undefined;
  /** Takes back a used tensor, whose memory serves the next one of its size. */
  readonly giveBack: (tensor: Input) => void;
  readonly close: () => Promise<void>;
};

const buffersOf = (work: FinishInput): ArrayBuffer[] => [
  work.photo.data.buffer,
  'mask' in work ? (work.mask.data.buffer as ArrayBuffer) : work.logits.buffer,
  ...(work.hint ? [work.hint.data.buffer] : []),
];

/** How much V8's heap may grow between two full collections. */
const HEAP_GROWING_PERCENT = 200;

/**
 * Lets V8 collect garbage less often in this process. Pictures lie outside the heap but count for it: by default V8 marks
 * the whole heap once per picture, which takes longer than the arithmetic.
 */
export const collectLessOften = (): void =>
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);

/**
 * Also lets V8 collect garbage less often.
 *
 * @param inHand the largest number of tasks that hold a tensor at once
 */
export const openPixelPool = (threads: number, inHand: number): PixelPool => {
  collectLessOften();
  const spares = createSpares(inHand);
  const pixelSpares = createPixelSpares(inHand);
  const pool = new Piscina({
    filename: new URL('./arithmetic.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  const watch = watchThreads(pool);
  const run = createRun(pool, watch.loaded);
  return {
    threads,
    preprocess: (work, signal) => {
      const spare = spares.take(work.input);
      const transferList = [work.photo.data.buffer, ...(spare ? [spare.buffer] : [])];
      return run({ ...work, spare }, { name: 'preprocess', signal, transferList });
    },
    postprocess: async (work, signal) => {
      const { width, height } = work.photo;
      const memory = pixelSpares.take(4 * width * height);
      const transferList = [...buffersOf(work), ...(memory ? [memory] : [])];
      const options = { name: 'postprocess', signal, transferList };
      const { spare, ...result }: PostprocessedInThread = await run({ ...work, spare: memory }, options);
      if (spare) pixelSpares.put(spare);
      return result;
    },
    compose: (work, signal) => {
      const { cut, scene } = work;
      const pictures = [cut, ...('raster' in scene.ground ? [scene.ground.raster] : [])];
      const transferList = pictures.map(({ data }) => data.buffer as ArrayBuffer);
      return run(work, { name: 'compose', signal, transferList });
    },
    readMask: (result, signal) =>
      run(result, { name: 'readMask', signal, transferList: [result.data.buffer] }),
    deflate: async (raster) => {
      const transferList = [raster.data.buffer as ArrayBuffer];
      const { stream, spare }: Deflated = await pool.run(raster, { name: 'deflate', transferList });
      pixelSpares.put(spare);
      return stream;
    },
    takeMemory: pixelSpares.take,
    giveBack: spares.put,
    close: async () => {
      await watch.settled();
      await pool.destroy();
    },
  };
};
