import { readCatalogue } from '#config';
import { openDevice } from '#inference';
import { runProgram } from '#program';
import { startWorker } from '../../apps/worker/src/start-worker.js';

// The service's worker on a GPU that dies.

const thread = new URL('./dying-thread.js', import.meta.url);

await runProgram('worker', async (context) =>
  startWorker(context, await readCatalogue(context.config), {
    open: (options, listeners) => openDevice({ ...options, thread }, listeners),
  }),
);
