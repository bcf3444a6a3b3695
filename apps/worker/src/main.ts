import { readCatalogue } from '#config';
import { requirePlatform, runProgram } from '#program';
import { startWorker } from './start-worker.js';

await runProgram('worker', async (context) => {
  requirePlatform();
  return startWorker(context, await readCatalogue(context.config));
});
