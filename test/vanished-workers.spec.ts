import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CLAIMANT_SILENT_MS, type TaskRow } from '#database';
import { createClient, removal, type Client } from '#test/client';
import { startFleet, type Fleet } from '#test/fleet';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { until } from '#test/until';
import { createHandBack } from '../apps/cli/src/start/hand-back.js';
import { keepRunning, type Kept } from '../apps/cli/src/start/keep-running.js';

jest.setTimeout(300_000);

const png = await toPng(disc(40, 30));
const base64 = png.toString('base64');
const later = { deliveryMethod: 'async' };
const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const script = resolve('dist', 'apps', 'worker', 'src', 'main.js');
const hook = `--import=${pathToFileURL(resolve('test', 'support', 'abort-on-file.mjs')).href}`;

describe.each(backends)('a worker that vanishes, with the queue on %s,', (backend) => {
  let redis: TestRedis | undefined;
  let fleet: Fleet;
  let client: Client;
  let pictures: PictureServer;
  let otherPictures: PictureServer;
  let folder: string;
  let kept: Kept | undefined;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    folder = await mkdtemp(join(tmpdir(), 'clearcut-vanished-'));
    [pictures, otherPictures] = [await startPictureServer(png), await startPictureServer(png)];
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) });
    const gateway = await fleet.start('gateway');
    await fleet.start('dispatcher');
    client = createClient(gateway.url, fleet.key);
  });
  afterEach(async () => {
    for (const server of [pictures, otherPictures]) server.release();
    await kept?.stop();
    kept = undefined;
  });
  afterAll(async () => {
    await fleet.stop();
    await Promise.all([pictures.stop(), otherPictures.stop(), redis?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const abortFile = () => join(folder, 'abort');
  /** A worker under the supervisor of `npm start`. */
  const supervise = async (): Promise<Kept> => {
    const env = { ...fleet.env, NODE_OPTIONS: hook, TEST_ABORT_FILE: abortFile() };
    const onEnd = createHandBack(fleet.databaseUrl, () => undefined);
    kept = keepRunning({ name: 'worker', script }, { env, say: () => undefined, onEnd });
    await kept.ready;
    return kept;
  };
  const rowOf = (taskUuid: string): Promise<TaskRow> =>
    fleet.database.task.findFirstOrThrow({ where: { taskUuid } });
  const untilRow = (what: string, taskUuid: string, fits: (row: TaskRow) => boolean) =>
    until(what, async () => {
      const row = await rowOf(taskUuid);
      return fits(row) ? row : undefined;
    });
  const runs = (stalls: number) => (row: TaskRow) => row.state === 'running' && row.stalls === stalls;
  const send = async (image: string) => {
    const task = removal(image, later);
    const { errors } = await client.post([task]);
    expect(errors).toEqual([]);
    return task.taskUUID;
  };
  const hasSucceeded = (row: TaskRow) => row.state === 'succeeded';

  it('loses its tasks to another worker, which is not taken for dead itself', async () => {
    pictures.hold();
    const first = await fleet.start('worker');
    const task = await send(pictures.url);
    await untilRow('the first claim', task, runs(0));
    const second = await fleet.start('worker');
    process.kill(first.pid, 'SIGKILL');
    await untilRow('the second claim', task, runs(1));
    pictures.release();
    const row = await untilRow('the end', task, hasSucceeded);
    expect(row).toMatchObject({ attempt: 2, stalls: 1 });
    await second.stop();
  });

  it('keeps the tasks in hand of a worker that stops, until they are done or handed back', async () => {
    pictures.hold();
    const worker = await fleet.start('worker', { SHUTDOWN_GRACE_S: '60' });
    const task = await send(pictures.url);
    await untilRow('the claim', task, runs(0));
    const { workerId } = await rowOf(task);
    const where = { workerId: workerId ?? '' };
    const before = await fleet.database.claimant.findUniqueOrThrow({ where });
    const stopped = worker.stop();
    // It reports longer than a silent worker is waited for.
    await until('the reports of the stopping worker', async () => {
      const { aliveAt } = await fleet.database.claimant.findUniqueOrThrow({ where });
      return aliveAt.getTime() - before.aliveAt.getTime() > 1.3 * CLAIMANT_SILENT_MS;
    });
    expect(await fleet.database.worker.count({ where: { id: where.workerId } })).toBe(0);
    expect(await rowOf(task)).toMatchObject({ state: 'running', stalls: 0 });
    pictures.release();
    await stopped;
    expect(await fleet.database.claimant.count({ where })).toBe(0);
    const other = await fleet.start('worker');
    expect(await untilRow('the end', task, hasSucceeded)).toMatchObject({ stalls: 0 });
    await other.stop();
  });

  it('gets its tasks again at once under a supervisor', async () => {
    pictures.hold();
    const { kill } = await supervise();
    const task = await send(pictures.url);
    await untilRow('the first claim', task, runs(0));
    kill();
    await untilRow('the second claim', task, runs(1));
    pictures.release();
    await untilRow('the end', task, hasSucceeded);
  });

  it('takes no innocent task along, however often others kill it', async () => {
    const { kill } = await supervise();
    const tasks = Array.from({ length: 200 }, () => removal(base64, later));
    for (let i = 0; i < 200; i += 50) await client.post(tasks.slice(i, i + 50));
    const left = () => fleet.database.task.count({ where: { state: { in: ['queued', 'running'] } } });
    for (let kills = 0; kills < 4 && (await left()) > 0; kills++) {
      await until('a claim', async () => {
        return (await left()) === 0 || (await fleet.database.task.count({ where: { state: 'running' } })) > 0;
      });
      kill();
      await until('the handing back', async () => {
        return (await fleet.database.task.count({ where: { state: 'running' } })) === 0;
      });
    }
    await until('the end of all', async () => (await left()) === 0, 180_000);
    const where = { taskUuid: { in: tasks.map(({ taskUUID }) => taskUUID) } };
    expect(await fleet.database.task.count({ where: { ...where, state: 'succeeded' } })).toBe(200);
  });

  it('gives up only the task that ended it while it ran alone', async () => {
    pictures.hold();
    otherPictures.hold();
    await supervise();
    const [poison, neighbour] = [await send(pictures.url), await send(otherPictures.url)];
    for (const stalls of [0, 1]) {
      await untilRow('the poison to run', poison, runs(stalls));
      await untilRow('its neighbour to run', neighbour, runs(stalls));
      writeFileSync(abortFile(), '');
    }
    await untilRow('the poison to be a suspect', poison, ({ stalls }) => stalls === 2);
    // They run one after the other, in either order.
    otherPictures.release();
    expect(await untilRow('the poison to run', poison, runs(2))).toMatchObject({ runsAlone: true });
    writeFileSync(abortFile(), '');
    const { problem, poisonedAt } = await untilRow('its end', poison, ({ state }) => state === 'failed');
    expect(problem).toMatchObject({
      code: 'inferenceError',
      message: expect.stringContaining('only this task'),
    });
    expect(poisonedAt).not.toBeNull();
    expect(await untilRow('the neighbour', neighbour, hasSucceeded)).toMatchObject({ stalls: 2 });
  });

  it('gives up no suspect that others killed while it ran alone', async () => {
    pictures.hold();
    const { kill } = await supervise();
    const task = await send(pictures.url);
    for (const stalls of [0, 1, 2, 3]) {
      await untilRow(`claim ${stalls + 1}`, task, runs(stalls));
      kill();
    }
    expect(await untilRow('the next claim', task, runs(4))).toMatchObject({ runsAlone: true });
    pictures.release();
    await untilRow('the end', task, hasSucceeded);
  });
});
