import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '#test/redis';
import { until } from '#test/until';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A program as a fleet starts it, whose database does not answer. */
const startWithoutDatabase = async (program: 'gateway' | 'dispatcher') => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-start-'));
  const env = {
    ...process.env,
    DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/none`,
    DATA_DIR: folder,
    PORT: `${await freePort()}`,
    LOG_LEVEL: 'info',
  };
  const child: ChildProcess = spawn(process.execPath, [`dist/apps/${program}/src/main.js`], { env });
  let output = '';
  child.stdout?.on('data', (piece) => (output += String(piece)));
  child.stderr?.on('data', (piece) => (output += String(piece)));
  cleanUps.push(
    () => child.kill('SIGKILL'),
    () => rm(folder, { recursive: true, force: true }),
  );
  return { child, output: () => output, url: `http://127.0.0.1:${env.PORT}` };
};

const exitOf = async (child: ChildProcess) => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
};

describe('a program whose database is away at its start', () => {
  it('the dispatcher starts, says that the queue is away, and ends on SIGTERM', async () => {
    const { child, output } = await startWithoutDatabase('dispatcher');
    await until('the dispatcher to start', async () => output().includes('the queue does not answer'));
    expect(child.exitCode).toBeNull();

    const exit = exitOf(child);
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
  });

  it('the gateway listens, is not ready, and logs the missing notifications once', async () => {
    const { child, output, url } = await startWithoutDatabase('gateway');
    const ask = () => fetch(`${url}/health/ready`).then(({ status }) => status);
    await until('the gateway to answer', async () => (await ask().catch(() => 0)) === 503);
    await until('two rounds of reconnecting', async () => (await ask()) === 503);
    expect(output().split('no notifications from the database').length - 1).toBe(1);

    const exit = exitOf(child);
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
  });
});
