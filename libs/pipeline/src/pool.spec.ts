import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { HANG_MS } from '#test/until';

const exec = promisify(execFile);
const index = new URL('index.js', import.meta.url).href;

/** Threads rest for so long before they load anything. */
const REST_MS = 1_000;
const restOf = (ms: number) => `import { writeSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (!isMainThread) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
    writeSync(1, 'rested ');
  }`;
const hookOf = (restMs: number) => `--import=data:text/javascript,${encodeURIComponent(restOf(restMs))}`;

/** Runs a program with a pool of two threads in a process of its own, since a fault would end that. @returns what it wrote */
const withPool = async (program: string, restMs = REST_MS): Promise<string> => {
  const whole = `import('${index}').then(async ({ openPixelPool }) => {
    const pool = openPixelPool(2, 2);
    ${program}
    await pool.close();
    console.log('closed');
  });`;
  return (await exec(process.execPath, [hookOf(restMs), '--eval', whole], { timeout: HANG_MS })).stdout;
};

it('ends its threads only once they have loaded their code', async () => {
  expect(await withPool('')).toBe('rested closed\n');
});

it('waits with the abort of a task until its thread has loaded, and still ends', async () => {
  const program = `
    const photo = { data: new Uint8Array(4), width: 1, height: 1, channels: 4 };
    const abort = new AbortController();
    // The first thread loads, so that a second one is started for this.
    const read = pool.readMask(photo, abort.signal).catch(({ name }) => console.log(name));
    setTimeout(() => abort.abort(), ${REST_MS / 4});
    await read;`;
  expect(await withPool(program)).toMatch(/^rested rested .*closed\n$/s);
});

it('gives the place of an aborted task to one that waits', async () => {
  const program = `
    const finishing = { decontaminate: true, levels: null, edgeOffset: 0, feather: 0 };
    const pixels = (side, channels) =>
      ({ data: new Uint8Array(side * side * channels).fill(99), width: side, height: side, channels });
    const cut = (side, signal = new AbortController().signal) =>
      pool.postprocess({ photo: pixels(side, 3), mask: pixels(side, 1), finishing, opaque: false }, signal);
    await Promise.all([cut(1), cut(1)]);
    const abort = new AbortController();
    const aborted = cut(4_000, abort.signal).catch(() => console.log('aborted'));
    const long = cut(4_000).then(() => console.log('long'));
    const waiting = cut(1).then(() => console.log('waiting'));
    setTimeout(() => abort.abort());
    await Promise.all([aborted, long, waiting]);`;
  expect(await withPool(program, 0)).toMatch(/aborted\n.*waiting\n.*long\n/s);
});
