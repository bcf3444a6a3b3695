import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '#test/redis';
import type { Bench } from '../benchmark.js';

/** The name of ISNet at rembg. */
const MODEL = 'isnet-general-use';
const LOOK_MS = 200;

/** rembg's server, which cuts out with ISNet. */
export type RembgServer = {
  readonly pid: number | undefined;
  /** Photo → PNG. */
  readonly remove: (photo: Uint8Array<ArrayBuffer>) => Promise<void>;
};

/**
 * Starts the server without its page.
 *
 * @param program of rembg's command line
 * @param weights the file of ISNet, which rembg takes without a download
 */
export const startRembg = async (
  { stopping, closers }: Bench,
  program: string,
  weights: string,
): Promise<RembgServer> => {
  const { signal } = stopping;
  const home = await mkdtemp(join(tmpdir(), 'clearcut-rembg-'));
  closers.push(() => rm(home, { recursive: true, force: true }));
  await symlink(resolve(weights), join(home, `${MODEL}.onnx`));

  const port = await freePort();
  const options = ['s', '--host', '127.0.0.1', '--port', `${port}`, '--no-ui', '--log_level', 'error'];
  const env = { ...process.env, U2NET_HOME: home };
  const child = spawn(program, options, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'close');
  closers.push(async () => {
    child.kill();
    await ended;
  });
  void ended.then(([code]) => stopping.abort(new Error(`rembg's server ended with code ${code}`)));

  const url = `http://127.0.0.1:${port}/api`;
  while (!(await fetch(url, { signal }).catch(() => undefined))) await sleep(LOOK_MS, undefined, { signal });
  return {
    pid: child.pid,
    remove: async (photo) => {
      const body = new FormData();
      body.set('file', new Blob([photo]), 'photo.jpg');
      body.set('model', MODEL);
      const response = await fetch(`${url}/remove`, { method: 'POST', body, signal });
      const answer = await response.arrayBuffer();
      if (!response.ok)
        throw new Error(`rembg's server answers ${response.status}: ${Buffer.from(answer).toString()}`);
    },
  };
};
