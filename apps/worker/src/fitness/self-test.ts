import { plainFinishing, type Finishing } from '#contract';
import type { Format } from '#imaging';
import type { Network } from '#inference';
import { createStopwatch, type Logger, type Stage, type Stopwatch } from '#telemetry';
import { cutOut, StageError, type CutOutStages, type CutOutWork, type ServedModel } from '#pipeline';
import { sampleFinishing, samplePicture, samplePrediction } from './sample.js';

/** Resolves when this machine can run every served model; rejects with one sentence that says why not. */
export type SelfTest = (stop?: AbortSignal) => Promise<void>;

type Needs = {
  /** By AIR id. */
  readonly served: ReadonlyMap<string, ServedModel>;
  readonly load: (network: Network) => Promise<void>;
  /** The same stages that tasks use. */
  readonly stages: CutOutStages;
  /** Threads of the pixel pool. */
  readonly threads: number;
  /** The time limit of one picture. */
  readonly timeoutMs: number;
  readonly log: Logger;
};

type Proof = (stopwatch: Stopwatch, signal: AbortSignal) => Promise<void>;

const formats = ['PNG', 'JPG', 'WEBP'] as const satisfies readonly Format[];

/** Side of the prediction for the finishing, which needs no network. */
const SMALL = 64;

const requestOf = (outputFormat: Format, finishing: Finishing): CutOutWork['request'] => ({
  parameter: 'inputImage',
  outputFormat,
  outputQuality: 90,
  finishing,
});

/** Runs one proof within its time limit. @throws StageError for every fault */
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

/** Sends one picture through the network. The postprocessing checks that the output is finite. */
const modelProof =
  ({ load, stages }: Needs, served: ServedModel): Proof =>
  async (stopwatch, signal) => {
    await load(served.network);
    const bytes = await samplePicture('JPG');
    await cutOut(stages)({ bytes, served, request: requestOf('PNG', plainFinishing) }, stopwatch, signal);
  };

/** Sends one picture through every step except the network. */
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

const failWith = (what: string) => (cause: unknown) => {
  throw new Error(`${what} on this machine: ${(cause as StageError).message}`, { cause });
};

/**
 * Sends test pictures through the same stages and threads as tasks: one through each network, then one for each
 * thread and format through the finishing. The latter run all at once, so that the pool opens its threads.
 */
export const createSelfTest = (needs: Needs): SelfTest => {
  const { served, threads, timeoutMs, log } = needs;
  return async (stop) => {
    for (const [air, model] of served) {
      const startMs = performance.now();
      await prove(modelProof(needs, model), timeoutMs, stop).catch(
        failWith(`The model ${air} cannot be run`),
      );
      log.debug({ model: air, ms: performance.now() - startMs }, 'self-test passed');
    }

    const [model] = served.values();
    if (!model) return;
    const proofs = Array.from({ length: threads }, () =>
      formats.map((format) => finishingProof(needs, model, format)),
    );
    await Promise.all(proofs.flat().map((proof) => prove(proof, timeoutMs, stop))).catch(
      failWith('Pictures cannot be processed'),
    );
  };
};
