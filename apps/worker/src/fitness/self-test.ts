import { plainFinishing, type Finishing } from '#contract';
import type { Format } from '#imaging';
import type { Network } from '#inference';
import { createStopwatch, type Logger, type Stage, type Stopwatch } from '#telemetry';
import { cutOut, StageError, type CutOutStages, type CutOutWork } from '../device/cut-out.js';
import type { ServedModel } from '../models/served-models.js';
import { sampleFinishing, samplePicture, samplePrediction } from './sample.js';

/** Resolves when a task of every served model would succeed here; rejects with one sentence that says why not. */
export type SelfTest = (stop?: AbortSignal) => Promise<void>;

type Needs = {
  /** By AIR id. */
  readonly served: ReadonlyMap<string, ServedModel>;
  readonly load: (network: Network) => Promise<void>;
  /** Those that the tasks use. */
  readonly stages: CutOutStages;
  /** Threads of the pixel pool. */
  readonly threads: number;
  /** How long one picture may take. */
  readonly timeoutMs: number;
  readonly log: Logger;
};

type Proof = (stopwatch: Stopwatch, signal: AbortSignal) => Promise<void>;

const formats = ['PNG', 'JPG', 'WEBP'] as const satisfies readonly Format[];

/** The finishing is tested without a network, so a small prediction will do. */
const SMALL = 64;

const requestOf = (outputFormat: Format, finishing: Finishing): CutOutWork['request'] => ({
  parameter: 'inputImage',
  outputFormat,
  outputQuality: 90,
  finishing,
});

/** Gives one proof its time. @throws StageError, whatever went wrong */
const prove = async (proof: Proof, timeoutMs: number, stop: AbortSignal | undefined): Promise<void> => {
  let stage: Stage | 'load' = 'load';
  const stopwatch = createStopwatch((next, work) => {
    stage = next;
    return work();
  });
  const deadline = new AbortController();
  const late = new Error(`it took longer than ${timeoutMs / 1000} s`);
  const timer = setTimeout(() => deadline.abort(late), timeoutMs);
  const signal = AbortSignal.any([deadline.signal, ...(stop ? [stop] : [])]);
  try {
    await proof(stopwatch, signal);
  } catch (error) {
    if (signal.aborted) throw new StageError(stage, signal.reason);
    throw error instanceof StageError ? error : new StageError(stage, error);
  } finally {
    clearTimeout(timer);
  }
};

/** One picture through the network. That its output is finite is checked where the mask is made of it. */
const modelProof =
  ({ load, stages }: Needs, served: ServedModel): Proof =>
  async (stopwatch, signal) => {
    await load(served.network);
    const bytes = await samplePicture('JPG');
    await cutOut(stages)({ bytes, served, request: requestOf('PNG', plainFinishing) }, stopwatch, signal);
  };

/** One picture through every step but the network's. */
const finishingProof =
  ({ stages }: Needs, { variant, ...served }: ServedModel, format: Format): Proof =>
  async (stopwatch, signal) => {
    const small = { ...variant, input: { ...variant.input, size: SMALL } };
    const infer: CutOutStages['infer'] = async () => samplePrediction(SMALL, variant.output);
    const work = {
      bytes: await samplePicture(format),
      served: { ...served, variant: small },
      request: requestOf(format, sampleFinishing),
    };
    const { finish } = await cutOut({ ...stages, infer })(work, stopwatch, signal);
    if (!finish.unknownPixels || finish.warnings.length > 0)
      throw new StageError('postprocess', 'alpha matting solved nothing');
  };

const sentence = (what: string) => (cause: unknown) => {
  throw new Error(`${what} on this machine: ${(cause as StageError).message}`, { cause });
};

/**
 * Sends pictures of our own the whole way that those of tasks go, by the same threads: one through each network, and
 * one for each thread and format through the finishing, all at once so that the pool opens its threads.
 */
export const createSelfTest = (needs: Needs): SelfTest => {
  const { served, threads, timeoutMs, log } = needs;
  return async (stop) => {
    for (const [air, model] of served) {
      const startMs = performance.now();
      await prove(modelProof(needs, model), timeoutMs, stop).catch(
        sentence(`The model ${air} cannot be run`),
      );
      log.debug({ model: air, ms: performance.now() - startMs }, 'self-test passed');
    }

    const [any] = served.values();
    if (!any) return;
    const proofs = Array.from({ length: threads }, () =>
      formats.map((format) => finishingProof(needs, any, format)),
    );
    await Promise.all(proofs.flat().map((proof) => prove(proof, timeoutMs, stop))).catch(
      sentence('Pictures cannot be processed'),
    );
  };
};
