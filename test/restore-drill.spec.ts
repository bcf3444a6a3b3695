import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '#database';
import { clearcut } from '#test/cli';
import { createClient, removal } from '#test/client';
import { createDatabase, runSql } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { until } from '#test/until';

const LONG_MS = 300_000;
/** Longer than any wait within, whose error says what did not happen. */
const WHOLE_MS = 3 * LONG_MS;
const SECRETS_KEY = randomBytes(32).toString('base64');
const settings = { OUTBOUND_ALLOW: '127.0.0.1', SECRETS_KEY, WORKER_CONCURRENCY: '1' };

let fleet: Fleet;
let restored: Fleet;
let receiver: Receiver;
let photo: string;
let copyFolder: string;
let copyUrl: string;

beforeAll(async () => {
  photo = (await toPng(disc(40, 30))).toString('base64');
  receiver = await startReceiver();
  fleet = await startFleet(settings);
  copyFolder = await mkdtemp(join(tmpdir(), 'clearcut-drill-'));
}, LONG_MS);
afterAll(async () => {
  await restored?.stop();
  await fleet?.stop();
  await receiver?.stop();
  await rm(copyFolder, { recursive: true, force: true });
}, LONG_MS);

const hook = (taskUUID: string) => `/hooks/${taskUUID}`;
const idsOf = (taskUUID: string) =>
  new Set(receiver.received(hook(taskUUID)).map(({ headers }) => headers['webhook-id']));

/** Sends tasks that tell the receiver of their end. @returns their UUIDs */
const send = async (gateway: FleetProgram, count: number): Promise<string[]> => {
  const tasks = Array.from({ length: count }, () => {
    const taskUUID = randomUUID();
    return removal(photo, { taskUUID, deliveryMethod: 'async', webhookURL: receiver.url + hook(taskUUID) });
  });
  const { errors } = await createClient(gateway.url, fleet.key).post(tasks);
  expect(errors).toEqual([]);
  return tasks.map(({ taskUUID }) => taskUUID);
};

const untilTold = (taskUUIDs: readonly string[]) =>
  until('all webhooks', () => taskUUIDs.every((taskUUID) => idsOf(taskUUID).size > 0), LONG_MS);

const untilSettled = (database: Database) =>
  until(
    'all tasks and webhooks to end',
    async () => {
      const tasks = await database.task.count({ where: { finishedAt: null } });
      return tasks + (await database.delivery.count({ where: { state: 'pending' } })) === 0;
    },
    LONG_MS,
  );

const startAll = async (of: Fleet) => {
  const gateway = await of.start('gateway');
  return [gateway, await of.start('dispatcher'), await of.start('worker')] as const;
};
const stopAll = (programs: readonly FleetProgram[]) => Promise.all(programs.map((program) => program.stop()));

const keyOf = async (database: Database, taskUuid: string): Promise<{ id: string; storageKey: string }> => {
  const { outputImageId: id } = await database.task.findFirstOrThrow({ where: { taskUuid } });
  return database.image.findUniqueOrThrow({ where: { id }, select: { id: true, storageKey: true } });
};

/** The database as it is now. Its programs must be stopped. */
const copyDatabase = async (): Promise<string> => {
  await fleet.database.$disconnect();
  const source = new URL(fleet.databaseUrl).pathname.slice(1);
  return createDatabase(`t_${randomUUID().replaceAll('-', '')}`, source);
};

const filesOf = async (folder: string) => {
  const entries = await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && /^[0-9a-f-]{36}\./.test(entry.name)).length;
};

it(
  'brings each task of a copied database and copied images to one end, under one webhook id, charged once',
  async () => {
    // Ended tasks, and others that a worker and the queue have in hand.
    let programs = await startAll(fleet);
    const done = await send(programs[0], 4);
    await untilTold(done);
    const [, , worker] = programs;
    await worker.stop();
    const open = await send(programs[0], 3);
    await stopAll(programs.slice(0, 2));
    await runSql(
      fleet.databaseUrl,
      `UPDATE tasks SET state = 'running', attempt = 1, worker_id = gen_random_uuid(),
              started_at = now(), fed_at = now(), checked_at = now()
        WHERE id = (SELECT id FROM tasks WHERE finished_at IS NULL LIMIT 1)`,
    );
    const shortLived = await keyOf(fleet.database, done[0]!);
    await runSql(
      fleet.databaseUrl,
      `UPDATE images SET expires_at = now() + interval '1 second' WHERE id = '${shortLived.id}'`,
    );

    // The rows are copied first. Then the installation goes on, and the images are copied.
    copyUrl = await copyDatabase();
    programs = await startAll(fleet);
    await untilTold(open);
    const later = await send(programs[0], 1);
    await untilTold(later);
    await until('the short-lived image to go', () =>
      fleet.database.image.count({ where: { id: shortLived.id, deletedAt: { not: null } } }),
    );
    await stopAll(programs);
    await cp(join(String(fleet.env['DATA_DIR']), 'images'), join(copyFolder, 'images'), { recursive: true });
    const lost = await keyOf(fleet.database, done[1]!);
    await unlink(join(copyFolder, 'images', lost.storageKey));
    const webhookIds = new Map([...done, ...open].map((taskUUID) => [taskUUID, [...idsOf(taskUUID)]]));

    // The check tells what the copies lack, and changes nothing.
    const env = { ...fleet.env, DATABASE_URL: copyUrl, DATA_DIR: copyFolder };
    const look = () => clearcut(['check-restore'], env);
    const first = await look();
    expect(first.err).toBe('');
    expect(first.out).toContain('1 missing in the storage, and 1 more whose time is over.');
    expect(first.out).toContain('2 files without a row in the storage.');
    expect(first.out).toContain('3 tasks will run');
    expect(first.out).toContain(`missing  ${lost.id}`);
    expect(first.code).toBe(1);
    expect((await look()).out).toBe(first.out);

    const fixed = await clearcut(['check-restore', '--fix'], env);
    expect([fixed.err, fixed.code]).toEqual(['', 0]);
    expect(fixed.out).toContain('Mended: 2 images count as deleted, 2 files deleted');
    const second = await look();
    expect(second.out).toContain('0 missing in the storage, and 0 more');
    expect(second.out).toContain('0 files without a row');
    expect(second.code).toBe(0);

    // The restored installation does the rest.
    restored = await startFleet({ ...settings, DATA_DIR: copyFolder }, copyUrl);
    const again = await startAll(restored);
    await untilSettled(restored.database);
    const refused = await clearcut(['check-restore', '--fix'], env);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(' are connected.')]);
    await stopAll(again);

    const rows = await restored.database.task.findMany();
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'succeeded'));
    expect(rows.map(({ taskUuid }) => taskUuid).toSorted()).toEqual([...done, ...open].toSorted());
    for (const taskUUID of [...done, ...open]) expect([...idsOf(taskUUID)]).toEqual(webhookIds.get(taskUUID));
    const used = await restored.database.usageEntry.count();
    const folded = await restored.database.usageDay.findMany();
    expect(used + folded.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(rows.length);
    expect((await look()).code).toBe(0);
    expect(await filesOf(copyFolder)).toBe(
      await restored.database.image.count({ where: { deletedAt: null } }),
    );
  },
  WHOLE_MS,
);

it('refuses to mend while the storage belongs to another database', async () => {
  const url = await createDatabase(`t_${randomUUID().replaceAll('-', '')}`);
  const env = { ...fleet.env, DATABASE_URL: url, DATA_DIR: copyFolder };
  expect((await clearcut(['migrate'], env)).code).toBe(0);
  const { code, err } = await clearcut(['check-restore', '--fix'], env);
  expect(code).toBe(1);
  expect(err).toContain('The storage belongs to another database');
});
