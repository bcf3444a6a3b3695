import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beat, openDatabase } from '#database';
import { decode, encode } from '#imaging';
import { openDevice } from '#inference';
import type { Catalogue } from '#models';
import { createOutbound } from '#outbound';
import type { Context, Running } from '#program';
import { createConsumer } from '#queue';
import { createDiskStorage } from '#storage';
import { installedWeights, WeightsError, type Installed } from '#weights';
import { fetchImage } from './fetch-image.js';
import { startHeartbeat } from './heartbeat.js';
import { openPixelPool } from './pixels/pool.js';
import { outputKey, processTask } from './process-task.js';
import { removeBackground, type Removal } from './remove-background.js';
import { uploadResult } from './upload-result.js';

/** Long enough for one inference on a CPU, short enough that everything is gone within ten seconds. */
const GRACE_MS = 6_000;

const networkOf = ({ path, variant: { input, output } }: Installed) => ({
  path,
  inputName: input.name ?? 'input',
  outputName: output.name ?? 'output',
  size: input.size,
});

export type WorkerOptions = {
  readonly graceMs?: number;
  /** The waits between the tries of an upload. */
  readonly uploadDelaysMs?: readonly number[];
};

/** Opens everything, warms every model, and only then takes tasks. */
export const startWorker = async (
  { config, log, crash }: Context,
  catalogue: Catalogue,
  { graceMs = GRACE_MS, uploadDelaysMs }: WorkerOptions = {},
): Promise<Running> => {
  const modelsDir = config.MODELS_DIR;
  const installed = await installedWeights(catalogue, { modelsDir, note: (line) => log.warn(line) });
  if (installed.length === 0)
    throw new WeightsError(
      `No model is installed in ${modelsDir}: run npx clearcut models pull runware:109@1.`,
    );
  const networks = new Map(installed.map((weights) => [weights.model.air, networkOf(weights)]));

  const device = openDevice({ intraOpThreads: config.INTRA_OP_THREADS }, crash);
  for (const network of networks.values()) await device.load(network);

  const database = openDatabase(config.DATABASE_URL);
  const storage = createDiskStorage(join(config.DATA_DIR, 'images'));
  const outbound = createOutbound({ allow: config.OUTBOUND_ALLOW });
  const pixels = openPixelPool(Math.min(config.WORKER_CONCURRENCY, availableParallelism()));

  const remove = removeBackground({
    fetch: fetchImage({ database, storage, outbound }),
    decode,
    preprocess: pixels.preprocess,
    infer: async (model, tensor, signal) => {
      const network = networks.get(model.air);
      if (!network) throw new Error(`${model.air} is not loaded`);
      return (await device.run(network, tensor, signal)).logits;
    },
    postprocess: pixels.postprocess,
    encode,
    store: (removal, bytes) => storage.write(outputKey(removal), bytes),
    upload: uploadResult(outbound, uploadDelaysMs),
  });

  const discard = (removal: Removal) => storage.remove(outputKey(removal));

  const consumer = createConsumer(config, processTask({ database, catalogue, remove, discard, log }), {
    concurrency: config.WORKER_CONCURRENCY,
    onError: (error) => log.error({ err: error }, 'queue fault'),
  });

  const worker = { id: randomUUID(), models: [...networks.keys()], provider: device.provider };
  await beat(database, worker);
  const heartbeat = startHeartbeat(database, worker, (error) => log.warn({ err: error }, 'heartbeat missed'));
  consumer.run();
  log.info({ models: worker.models, provider: worker.provider, threads: config.INTRA_OP_THREADS }, 'warm');

  return {
    stop: async () => {
      await heartbeat.stop();
      await consumer.stop(graceMs);
      await pixels.close();
      await device.close();
      await outbound.close();
      await database.$disconnect();
    },
  };
};
