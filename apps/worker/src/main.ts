import { setFlagsFromString } from 'node:v8';
import { readCatalogue } from '#config';
import { requirePlatform, runProgram } from '#program';
import { startWorker } from './start-worker.js';

/**
 * How much V8's heap may grow between two full collections. Pictures lie outside the heap but count for it:
 * by default V8 marks the whole heap once per picture, which takes longer than the arithmetic.
 */
const HEAP_GROWING_PERCENT = 200;
setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);

await runProgram('worker', async (context) => {
  requirePlatform();
  return startWorker(context, await readCatalogue(context.config));
});
