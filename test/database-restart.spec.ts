import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { defaultModel } from '#models';
import { createClient, removal, type Client, type Reply } from '#test/client';
import { npmStart, processesOf, type Started } from '#test/npm-start';
import { realModelsDir } from '#test/real-weights';
import { freePort } from '#test/redis';
import { until } from '#test/until';

jest.setTimeout(300_000);

describe('npm start, when its own Postgres is killed,', () => {
  let folder: string;
  let url: string;
  let started: Started;
  let client: Client;
  let photo: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-restart-'));
    // As root, Postgres runs as another user, who must be able to enter the folder.
    await chmod(folder, 0o755);
    photo = (await readFile(join('docs', 'pictures', 'mug.jpg'))).toString('base64');
    const folders = { DATA_DIR: folder, MODELS_DIR: await realModelsDir(defaultModel) };
    started = npmStart({ ...folders, PORT: `${await freePort()}`, DATABASE_URL: '', REDIS_URL: '' });
    url = await started.ready;
    client = createClient(url, (await readFile(join(folder, 'api-key'), 'utf8')).trim());
  });
  afterAll(async () => {
    started.signal('SIGTERM');
    await started.ended;
    await rm(folder, { recursive: true, force: true });
  });

  const serverId = () =>
    Number.parseInt(readFileSync(join(folder, 'postgres', 'database', 'postmaster.pid'), 'utf8'), 10);
  const programs = () =>
    processesOf(folder).filter(({ command }) => /apps\/(gateway|worker|dispatcher)/.test(command));

  const answerOf = async (task: object): Promise<Reply | undefined> => {
    const reply = await client.post([task]).catch((cause: unknown) => {
      // Log lines below fatal would hide the reason.
      const output = started.output().replaceAll(/^\{"level":[1-5]0.*\n/gm, '');
      throw new Error(`The gateway is away. The last output:\n${output.slice(-4_000)}`, { cause });
    });
    // While the database is away, the gateway says so and the task can be sent again.
    if (reply.status >= 500) return undefined;
    expect(reply.errors).toEqual([]);
    return reply;
  };
  const accepted = async () => {
    const task = removal(photo, { deliveryMethod: 'async' });
    await until('the gateway to accept', () => answerOf(task), 60_000);
    return task.taskUUID;
  };
  const succeeded = (taskUUID: string) =>
    until(
      'the result',
      async () => {
        const reply = await answerOf({ taskType: 'getResponse', taskUUID });
        return reply?.data.some(({ status }) => status === 'success');
      },
      60_000,
    );

  /** Kills a database process while tasks are in hand. Those tasks and a later one must succeed. */
  const killAmidTasks = async (pid: number) => {
    const before = programs().map((program) => program.pid);
    const tasks = [await accepted(), await accepted()];
    process.kill(pid, 'SIGKILL');
    tasks.push(await accepted());
    for (const taskUUID of tasks) await succeeded(taskUUID);
    await until('readiness', async () => (await fetch(`${url}/health/ready`)).status === 200, 60_000);
    expect(programs().map((program) => program.pid)).toEqual(before);
  };

  it('restarts the server and finishes the tasks accepted before and after', async () => {
    await killAmidTasks(serverId());
    expect(started.output()).toMatch(/^The database ended \(.+\); it starts again in 0\.5 s\.$/m);
    expect(started.output()).toContain('The database serves again.');
  });

  it('lets the server recover when only one of its processes was killed', async () => {
    const before = serverId();
    const backend = processesOf(folder).find(({ command }) =>
      /postgres: clearcut_programs clearcut/.test(command),
    );
    await killAmidTasks(backend?.pid ?? NaN);
    expect(serverId()).toBe(before);
  });
});
