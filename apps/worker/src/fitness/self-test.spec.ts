import { afterAll, describe, expect, it } from '@jest/globals';
import { decode, encode } from '#imaging';
import { defaultModel, defaultVariant } from '#models';
import { createLogger } from '#telemetry';
import { openPixelPool, type CutOutStages, type ServedModel } from '#pipeline';
import { createSelfTest } from './self-test.js';

const pixels = openPixelPool(2, 2);
afterAll(() => pixels.close());

const size = 32;
const published = defaultVariant(defaultModel);
const variant = { ...published, input: { ...published.input, size } };
const network = {
  path: 'none.onnx',
  input: { type: 'float32', size },
  output: { type: 'float32' },
  batch: 'fixed',
} as const;
const served: ServedModel = { model: defaultModel, variant, sha256: '', network };

/** A self-test over the real stages, with a network that finds no subject. */
const testWith = (more: Partial<CutOutStages> = {}, timeoutMs = 60_000) =>
  createSelfTest({
    served: new Map([[defaultModel.air, served]]),
    load: async () => undefined,
    stages: {
      decode: (bytes) => decode(bytes, { maxPixels: 1e6 }),
      preprocess: pixels.preprocess,
      infer: async () => new Float32Array(size * size),
      readMask: pixels.readMask,
      postprocess: pixels.postprocess,
      compose: pixels.compose,
      limits: { maxSide: 1000, maxPixels: 1e6 },
      encode,
      ...more,
    },
    threads: 2,
    timeoutMs,
    log: createLogger('test', 'silent'),
  });

const fail = () => Promise.reject(new Error('it is broken'));

describe('the self-test', () => {
  it('passes with the pixel pool, sharp and a network that answers', async () => {
    await expect(testWith()()).resolves.toBeUndefined();
  });

  it.each(['decode', 'preprocess', 'infer', 'postprocess', 'encode'] as const)(
    'names the stage and the reason when %s fails',
    async (stage) => {
      const sentence = `The model ${defaultModel.air} cannot be run on this machine: ${stage}: it is broken`;
      await expect(testWith({ [stage]: fail })()).rejects.toThrow(sentence);
    },
  );

  it.each(['PNG', 'JPG', 'WEBP'])('fails when %s cannot be written', async (broken) => {
    const test = testWith({
      encode: (pixelData, encoding) => (encoding.format === broken ? fail() : encode(pixelData, encoding)),
    });
    await expect(test()).rejects.toThrow('on this machine: encode: it is broken');
  });

  it('fails when alpha matting solves no pixel', async () => {
    const test = testWith({
      postprocess: async (work, signal) => ({
        ...(await pixels.postprocess(work, signal)),
        unknownPixels: 0,
      }),
    });
    await expect(test()).rejects.toThrow(
      'Pictures cannot be processed on this machine: postprocess: alpha matting solved nothing',
    );
  });

  it('rejects when the device never answers, and when it is stopped', async () => {
    const hangs: CutOutStages['infer'] = (_served, _tensor, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    await expect(testWith({ infer: hangs }, 500)()).rejects.toThrow('it took longer than 0.5 s');

    const stop = new AbortController();
    const stopped = testWith({ infer: hangs })(stop.signal);
    stop.abort(new Error('the worker is stopping'));
    await expect(stopped).rejects.toThrow('the worker is stopping');
  });
});
