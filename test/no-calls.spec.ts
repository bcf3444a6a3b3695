import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { defaultModel } from '#models';
import { startCallListener, type CallListener } from '#test/call-listener';
import { createClient, removal } from '#test/client';
import { npmStart, type Started } from '#test/npm-start';
import { realModelsDir } from '#test/real-weights';
import { freePort } from '#test/redis';

jest.setTimeout(300_000);

/** In experiments, libraries with telemetry reported four times within 30 s of their start. */
const WATCHED_MS = 35_000;

/** The cache and log of npm, and the record of the first run of Prisma's command line. */
const harmless = /^(\.npm\/|\.config\/prisma-nodejs\/commands\.json$)/;

/**
 * npm and other tools behave differently when CI or a variable of `npm test` is set, so only the path is
 * kept.
 */
const bareEnvironment = () => ({
  ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
  PATH: process.env['PATH'],
});

describe('the service as npm start runs it', () => {
  let folder: string;
  let listener: CallListener;
  let started: Started;
  let url: string;
  const home = () => join(folder, 'home');

  beforeAll(async () => {
    // Downloads the weights beforehand: the one call that a first start makes.
    const MODELS_DIR = await realModelsDir(defaultModel);
    folder = await mkdtemp(join(tmpdir(), 'clearcut-quiet-'));
    // As root, Postgres runs as another user, who must be able to enter the folder.
    await chmod(folder, 0o755);
    await mkdir(home());
    listener = await startCallListener();
    const settings = { PORT: `${await freePort()}`, DATA_DIR: join(folder, 'data'), MODELS_DIR };
    started = npmStart({ ...bareEnvironment(), ...listener.env, ...settings, HOME: home() });
    url = await started.ready;
  });
  afterAll(async () => {
    started.signal('SIGTERM');
    await started.ended;
    listener.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes no outgoing calls while it cuts out a photo and afterwards, and leaves nothing in the home folder', async () => {
    const key = (await readFile(join(folder, 'data', 'api-key'), 'utf8')).trim();
    const photo = (await readFile(join('docs', 'pictures', 'mug.jpg'))).toString('base64');
    const { data } = await createClient(url, key).post([removal(photo)]);
    expect(data[0]?.['status']).toBe('success');

    // Nothing should happen, so there is no condition to wait for.
    await sleep(WATCHED_MS);
    expect(listener.calls()).toEqual([]);
    const left = readdirSync(home(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(home(), join(entry.parentPath, entry.name)));
    expect(left.filter((path) => !harmless.test(path))).toEqual([]);
    expect(existsSync(join(home(), '.npm', '_update-notifier-last-checked'))).toBe(false);
  });
});
