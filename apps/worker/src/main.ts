import { catalogue } from '#models';
import { runProgram } from '#program';
import { startWorker } from './start-worker.js';

await runProgram('worker', (context) => startWorker(context, catalogue));
