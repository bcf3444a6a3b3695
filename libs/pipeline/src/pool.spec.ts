import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const exec = promisify(execFile);
const index = new URL('index.js', import.meta.url).href;

/** Threads rest for so long before they load anything. */
const REST_MS = 1_000;
const rest = `import { isMainThread } from 'node:worker_threads';
  if (!isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${REST_MS});`;

const program = `import('${index}').then(async ({ openPixelPool }) => {
  const pool = openPixelPool(2, 2);
  const startMs = performance.now();
  await pool.close();
  console.log(performance.now() - startMs);
});`;

it('ends its threads only once they have loaded their code', async () => {
  const hook = `--import=data:text/javascript,${encodeURIComponent(rest)}`;
  // In a process of its own, since a fault would end that.
  const { stdout } = await exec(process.execPath, [hook, '--eval', program]);
  expect(Number(stdout)).toBeGreaterThan(REST_MS / 2);
});
