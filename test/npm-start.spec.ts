import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { defaultModel } from '#models';
import { createClient, removal, type Client } from '#test/client';
import { clearcut } from '#test/cli';
import { npmStart, processesOf, type Started } from '#test/npm-start';
import { realModelsDir } from '#test/real-weights';
import { freePort } from '#test/redis';
import { until } from '#test/until';

jest.setTimeout(300_000);

describe('npm start', () => {
  let folder: string;
  let env: Record<string, string>;
  let started: Started;
  let client: Client;
  let photo: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clear cut-'));
    // As root, Postgres runs as another user, who must be able to enter the folder.
    await chmod(folder, 0o755);
    const MODELS_DIR = await realModelsDir(defaultModel);
    env = { PORT: `${await freePort()}`, DATA_DIR: folder, MODELS_DIR };
    photo = (await readFile(join('docs', 'pictures', 'mug.jpg'))).toString('base64');
    started = npmStart(env);
    const url = await started.ready;
    client = createClient(url, (await readFile(join(folder, 'api-key'), 'utf8')).trim());
  });
  afterAll(async () => {
    started.signal('SIGTERM');
    await started.ended;
    await rm(folder, { recursive: true, force: true });
  });

  const result = (taskUUID: string) =>
    until(
      'the result',
      async () => {
        const { data, errors } = await client.post([{ taskType: 'getResponse', taskUUID }]);
        if (errors[0]) throw new Error(JSON.stringify(errors[0]));
        return data.find((item) => item['status'] === 'success');
      },
      60_000,
    );
  const postAsync = async () => {
    const task = removal(photo, { deliveryMethod: 'async' });
    expect((await client.post([task])).status).toBe(200);
    return task.taskUUID;
  };

  it('prints the address and a key that only its user can read', async () => {
    const key = (await readFile(join(folder, 'api-key'), 'utf8')).trim();
    expect(started.output()).toContain(`ready http://127.0.0.1:${env['PORT']}`);
    expect(started.output()).toContain(key);
    expect(key.length).toBeGreaterThanOrEqual(32);
    expect((await stat(join(folder, 'api-key'))).mode & 0o077).toBe(0);
    const ready = `http://127.0.0.1:${env['PORT']}/health/ready`;
    await until('readiness', async () => (await fetch(ready)).status === 200);
  });

  it('cuts out a photo with the real network', async () => {
    const { status, data } = await client.post([removal(photo)]);
    expect(status).toBe(200);
    const png = await (await fetch(String(data[0]?.imageURL))).arrayBuffer();
    expect(await sharp(png).metadata()).toMatchObject({
      format: 'png',
      channels: 4,
      width: 960,
      height: 720,
    });
  });

  it('prints the announcement again for clearcut info, and makes keys without DATABASE_URL', async () => {
    const cli = { ...env, DATABASE_URL: '' };
    const info = await clearcut(['info'], cli);
    expect(info).toMatchObject({ code: 0, err: '' });
    expect(started.output()).toContain(info.out);
    expect(info.out).toMatch(/^ready http.*\npage {2}http.*#key=cc_.*\nkey {3}cc_.*\nadmin off .*\n$/);

    const made = await clearcut(['keys', 'create', 'shop'], cli);
    expect(made).toMatchObject({ code: 0, err: '' });
    const shop = createClient(`http://127.0.0.1:${env['PORT']}`, made.out.trim());
    expect((await shop.post([{ taskType: 'ping', ping: true }])).status).toBe(200);
  });

  it('says in one sentence that the port or the data folder is in use', async () => {
    const other = join(folder, 'other');
    const samePort = npmStart({ ...env, DATA_DIR: other });
    expect(await samePort.ended).toBe(1);
    expect(samePort.output()).toMatch(new RegExp(`clearcut: .*port ${env['PORT']} is in use`, 'i'));

    const sameFolder = npmStart({ ...env, PORT: `${await freePort()}` });
    expect(await sameFolder.ended).toBe(1);
    expect(sameFolder.output()).toContain(`uses ${folder}`);
  });

  it('finishes a task whose worker was killed', async () => {
    const taskUUID = await postAsync();
    const worker = processesOf(folder).find(({ command }) => command.includes('apps/worker'));
    process.kill(worker?.pid ?? NaN, 'SIGKILL');
    expect(await result(taskUUID)).toMatchObject({ taskUUID, imageURL: expect.stringMatching(/^http/) });
  });

  it('stops without leaving a process, and finishes accepted tasks after the next start', async () => {
    const taskUUIDs = [await postAsync(), await postAsync(), await postAsync(), await postAsync()];
    started.signal('SIGTERM');
    await started.ended;
    await until('the end of every process', () => processesOf(folder).length === 0);

    started = npmStart(env);
    await started.ready;
    for (const taskUUID of taskUUIDs) await result(taskUUID);
  });

  it('stops the same way on Ctrl-C', async () => {
    for (const { pid, command } of processesOf(folder))
      if (/npm|prepare/.test(command)) process.kill(pid, 'SIGINT');
    await started.ended;
    await until('the end of every process', () => processesOf(folder).length === 0);
    expect(existsSync(join(folder, 'clearcut.pid'))).toBe(false);
    expect(existsSync(join(folder, 'announcement'))).toBe(false);
  });

  it('names every fault of the environment', async () => {
    const { ended, output } = npmStart({ ...env, PORT: '99999', LOG_LEVEL: 'loud', API_KEY: randomUUID() });
    expect(await ended).toBe(1);
    expect(output()).toMatch(/PORT .*LOG_LEVEL/s);
  });
});
