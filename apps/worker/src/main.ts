import { readCatalogue } from '#config';
import { runProgram } from '#program';
import { startWorker } from './start-worker.js';

await runProgram('worker', async (context) => startWorker(context, await readCatalogue(context.config)));
