import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectionUse, tableGrants } from '#database';
import { createLogger } from '#telemetry';
import pg from 'pg';
import { clearcut } from '#test/cli';
import { createClient, removal } from '#test/client';
import { freshDatabase, runSql, superuserSql } from '#test/databases';
import { createProgramRoles, type ProgramRoles } from '#test/program-roles';
import { disc, toPng } from '#test/pictures';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { connect } from '#test/socket-client';
import { until } from '#test/until';

const programs = ['gateway', 'worker', 'dispatcher'] as const;
const token = 'a-token-of-the-operator-0123456789';

describe('a service whose programs have roles of their own', () => {
  let lines = '';
  let service: Service;
  let receiver: Receiver;
  let pictures: PictureServer;
  let photo: string;
  beforeAll(async () => {
    const png = await toPng(disc(40, 30));
    photo = png.toString('base64');
    [receiver, pictures] = [await startReceiver(), await startPictureServer(png)];
    service = await startService({
      ownRoles: true,
      admin: true,
      env: { OUTBOUND_ALLOW: '127.0.0.1', ADMIN_TOKEN: token },
      log: createLogger('test', 'trace', { write: (line) => void (lines += line) }),
      dispatcherOptions: { delaysMs: [20, 20], deliveries: { everyMs: 20, graceMs: 100 } },
    });
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([receiver.stop(), pictures.stop()]);
  });

  it('do a removal with fetch, upload and webhook, and answer for it', async () => {
    const task = removal(pictures.url, {
      deliveryMethod: 'async',
      uploadEndpoint: `${receiver.url}/put`,
      webhookURL: `${receiver.url}/hook`,
    });
    expect((await service.post([task])).errors).toEqual([]);
    await until('the webhook', () => receiver.received('/hook')[0]);
    const { data } = await service.post([{ taskType: 'getResponse', taskUUID: task.taskUUID }]);
    expect(data[0]).toMatchObject({ taskUUID: task.taskUUID, status: 'success' });
  });

  it('do a job of several images with a webhook at its end', async () => {
    const body = {
      options: { model: 'runware:109@1' },
      images: [{ image: pictures.url }, { image: pictures.url }],
      webhookURL: `${receiver.url}/job`,
    };
    const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    expect((await fetch(`${service.url}/v1/jobs`, init)).status).toBe(202);
    await until('the webhook of the job', () => receiver.received('/job')[0]);
  });

  it('keep the session of a WebSocket, cancel a task, and delete an image', async () => {
    const socket = await connect(service.url);
    await socket.authenticate(service.key);
    socket.send([removal(photo)]);
    await socket.nextFrame(1);
    socket.socket.close();

    await service.worker.stop();
    const task = removal(photo, { deliveryMethod: 'async', webhookURL: `${receiver.url}/cancelled` });
    await service.post([task]);
    const cancel = { taskType: 'cancelTask', taskUUID: task.taskUUID };
    expect((await service.post([cancel])).errors).toEqual([]);
    await service.worker.start();
    await until('the webhook of the cancelled task', () => receiver.received('/cancelled')[0]);

    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: photo };
    const [image] = (await service.post([upload])).data;
    const media = image?.['imageUUID'];
    const deletion = { taskType: 'mediaStorage', taskUUID: randomUUID(), operation: 'delete', media };
    expect((await service.post([deletion])).errors).toEqual([]);
  });

  it('expire images, and show the status page', async () => {
    const { data } = await service.post([removal(photo, { ttl: 60 })]);
    const id = String(data[0]?.['imageUUID']);
    await runSql(service.config.DATABASE_URL, `UPDATE images SET expires_at = now() WHERE id = '${id}'`);
    await until(
      'the deletion',
      async () => (await service.database.image.findUniqueOrThrow({ where: { id } })).deletedAt,
    );
    for (const path of ['/plain', '/api/overview', '/api/keys']) {
      const init = { headers: { authorization: `Bearer ${token}` } };
      expect((await fetch(`${service.admin.dispatcher}${path}`, init)).status).toBe(200);
    }
  });

  it('take a key that the owner of the tables created', async () => {
    const { out } = await clearcut(['keys', 'create', 'shop'], { DATABASE_URL: service.config.DATABASE_URL });
    const key = /cc_\S+/.exec(out)?.[0] ?? '';
    expect((await createClient(service.url, key).post([removal(photo)])).errors).toEqual([]);
  });

  it('are counted by the owner, who is no member of their roles', async () => {
    const { processes, used } = await connectionUse(service.database);
    expect([...processes.keys()].toSorted()).toEqual([...programs].toSorted());
    expect(used).toBeGreaterThan(programs.length);
  });

  it('are refused nothing that they try', () => {
    expect(lines).toContain('task finished');
    expect(lines).not.toContain('permission denied');
  });
});

describe('the role of a program', () => {
  let databaseUrl: string;
  let roles: ProgramRoles;
  beforeAll(async () => {
    databaseUrl = await freshDatabase();
    roles = await createProgramRoles(databaseUrl);
  });

  /** @returns Postgres' code of the refusal, if it refuses */
  const refusal = async (program: (typeof programs)[number], sql: string): Promise<string | undefined> =>
    runSql(roles.urls[program], sql).then(
      () => undefined,
      (error: unknown) => (error instanceof pg.DatabaseError ? error.code : String(error)),
    );
  const DENIED = '42501';

  it.each([
    ['worker', 'SELECT hash FROM api_keys'],
    ['worker', 'SELECT secret FROM webhook_secrets'],
    ['worker', 'SELECT frame FROM session_items'],
    ['worker', 'DELETE FROM tasks'],
    ['worker', 'SELECT url FROM deliveries FOR UPDATE'],
    ['gateway', 'SELECT secret FROM webhook_secrets'],
    ['gateway', "UPDATE api_keys SET scopes = '{admin}'"],
    ['gateway', "INSERT INTO api_keys (id, name, prefix, hash) VALUES (gen_random_uuid(), 'x', 'x', 'x')"],
    ['gateway', 'DELETE FROM tasks'],
    ['gateway', 'DELETE FROM usage_entries'],
    ['dispatcher', 'DELETE FROM api_keys'],
    ['dispatcher', 'UPDATE usage_entries SET cost = 0 WHERE false; DELETE FROM usage_days'],
  ] as const)('%s may not %s', async (program, sql) => {
    expect(await refusal(program, sql)).toBe(DENIED);
  });

  it.each(programs)('%s may not change the schema, nor the rights', async (program) => {
    for (const sql of [
      'DROP TABLE tasks',
      'ALTER TABLE tasks ADD COLUMN more text',
      'TRUNCATE tasks',
      'CREATE TABLE more (id int)',
      'DROP TABLE bullmq.job',
      `GRANT ALL ON tasks TO PUBLIC; SELECT hash FROM api_keys WHERE false; DROP TABLE images`,
      'DELETE FROM _prisma_migrations',
    ])
      expect(await refusal(program, sql)).toBe(DENIED);
  });

  it('is known for every table, so that a new one is not forgotten', async () => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ tablename: string }>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`,
    );
    await client.end();
    const granted = new Set(programs.flatMap((program) => Object.keys(tableGrants[program])));
    expect(rows.map(({ tablename }) => tablename).toSorted()).toEqual([...granted].toSorted());
  });

  it('gets back what it needs, and loses what it does not, at the next migration', async () => {
    const env = { DATABASE_URL: databaseUrl, DATABASE_ROLES: roles.prefix };
    await runSql(databaseUrl, `REVOKE ALL ON tasks FROM ${roles.prefix}_worker`);
    await runSql(databaseUrl, `GRANT ALL ON webhook_secrets TO ${roles.prefix}_worker`);
    expect(await refusal('worker', 'SELECT id FROM tasks')).toBe(DENIED);
    const ends = await Promise.all([clearcut(['migrate'], env), clearcut(['migrate'], env)]);
    expect(ends.map(({ code, err }) => [code, err])).toEqual(
      ends.map(() => [0, 'The database is up to date.\n']),
    );
    expect(await refusal('worker', 'SELECT id FROM tasks')).toBeUndefined();
    expect(await refusal('worker', 'SELECT secret FROM webhook_secrets')).toBe(DENIED);
  });

  it('is asked for by name when it is missing', async () => {
    const end = await clearcut(['migrate'], { DATABASE_URL: databaseUrl, DATABASE_ROLES: 'nobody' });
    expect([end.code, end.err]).toEqual([
      1,
      'clearcut: There is no role nobody_gateway: see "A role for each program" in docs/operations.md.\n',
    ]);
  });

  it('is refused when it has the rights of the owner', async () => {
    const { username } = new URL(databaseUrl);
    const prefix = `o${randomUUID().slice(0, 8)}`;
    await superuserSql(`CREATE ROLE ${prefix}_gateway LOGIN IN ROLE ${username}`);
    const end = await clearcut(['migrate'], { DATABASE_URL: databaseUrl, DATABASE_ROLES: prefix });
    expect([end.code, end.err]).toEqual([1, expect.stringContaining('has all rights of the owner')]);
  });
});
