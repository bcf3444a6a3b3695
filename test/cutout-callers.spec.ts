import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { putKey, revokeKey, type KeyScope } from '#database';
import { createCutoutClient, type CutoutClient, type CutoutReply } from '#test/cutout-client';
import { disc, noise, toPng, toWebp } from '#test/pictures';
import { rawRequest } from '#test/raw-request';
import { startService, type Service } from '#test/service';
import { startUpload } from '#test/upload';
import { until } from '#test/until';

const MB = 1024 * 1024;
const photo = await toPng(disc(64, 64));

const start = async (env = {}): Promise<readonly [Service, CutoutClient]> => {
  const service = await startService({ env });
  return [service, createCutoutClient(service.url, service.key)];
};

const newClient = async (service: Service, limits: Parameters<typeof putKey>[3] = {}) => {
  const [name, key] = [`key-${randomUUID().slice(0, 8)}`, `cc_${randomUUID()}${randomUUID()}`];
  await putKey(service.database, name, key, limits);
  return { name, key, ...createCutoutClient(service.url, key) };
};

describe('POST /v1/cutout refuses', () => {
  let service: Service;
  let client: CutoutClient;
  beforeAll(async () => {
    [service, client] = await start();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  it('a task that fails, with the error of the contract and its taskUUID', async () => {
    // The header is good, the pixels are not.
    const broken = Buffer.from(await toWebp(noise(80, 80)));
    broken.fill(0x5a, 60, broken.length - 40);
    const { status, errors, headers } = await client.form([['image', broken]], { accept: 'image/png' });
    expect([status, errors[0]]).toMatchObject([400, { code: 'invalidInputImage', parameter: 'inputImage' }]);
    expect(errors[0]?.taskUUID).toBe(headers.get('x-clearcut-task-uuid'));
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s, and says that it takes POST', async (method) => {
    const headers = { authorization: `Bearer ${service.key}` };
    const answer = await rawRequest(service.url, '/v1/cutout', { method, headers });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
  });

  it('a missing, unknown or revoked key before the body is read', async () => {
    const revoked = await newClient(service);
    await revokeKey(service.database, revoked.name);
    for (const [key, code] of [
      [undefined, 'missingApiKey'],
      ['cc_unknown', 'invalidApiKey'],
      [revoked.key, 'invalidApiKey'],
    ] as const) {
      const headers = { 'content-length': 30 * MB, ...(key && { authorization: `Bearer ${key}` }) };
      const { answer } = await startUpload(service.url, headers, { path: '/v1/cutout' });
      const { status, body } = await answer;
      expect([status, (body as CutoutReply).errors[0]?.code]).toEqual([401, code]);
    }
  });

  it('a key without the scope run, and more than 47 MB, before the body is read', async () => {
    const scopes: KeyScope[] = ['upload', 'read', 'admin'];
    const { key } = await newClient(service, { scopes });
    const small = { 'content-length': 30 * MB, authorization: `Bearer ${key}` };
    const large = { 'content-length': 60 * MB, authorization: `Bearer ${service.key}` };
    const path = '/v1/cutout';
    const refused = await (await startUpload(service.url, small, { path })).answer;
    expect([refused.status, (refused.body as CutoutReply).errors[0]?.code]).toEqual([
      403,
      'permissionDenied',
    ]);
    const tooLarge = await (await startUpload(service.url, large, { path })).answer;
    expect(tooLarge.status).toBe(413);
  });

  it('what the budget or the rate of a key does not cover', async () => {
    const poor = await newClient(service, { budgetUsd: 0.0001 });
    const dear = await poor.form([['image', photo]]);
    expect([dear.status, dear.errors[0]]).toMatchObject([402, { code: 'insufficientCredits' }]);
    const slow = await newClient(service, { ratePerS: 0.01 });
    expect((await slow.form([['image', photo]])).status).toBe(200);
    const fast = await slow.form([['image', photo]]);
    expect([fast.status, fast.errors[0]?.code]).toEqual([429, 'rateLimitExceeded']);
    expect(Number(fast.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('POST /v1/cutout, when its task does not end', () => {
  let service: Service;
  let client: CutoutClient;
  beforeAll(async () => ([service, client] = await start({ SYNC_TIMEOUT_S: '2' })));
  afterAll(() => service.stop());
  beforeEach(() => service.database.task.deleteMany({ where: { finishedAt: null } }));

  const waiting = () => service.database.task.findFirst({ where: { finishedAt: null } });

  it('answers 504 with the taskUUID by which getResponse finds it', async () => {
    const { status, errors, headers } = await client.form([['image', photo]], { 'idempotency-key': 'slow' });
    expect([status, errors[0]]).toMatchObject([504, { code: 'processingTimeout' }]);
    const taskUUID = headers.get('x-clearcut-task-uuid');
    expect(errors[0]?.taskUUID).toBe(taskUUID);
    const { data } = await service.post([{ taskType: 'getResponse', taskUUID }]);
    expect(data[0]).toMatchObject({ taskUUID, status: 'processing' });
    // Another request with the key, and other work, is not mistaken for it.
    const other = await client.form([['image', photo]], { 'idempotency-key': 'slow' }, '?outputFormat=WEBP');
    expect([other.status, other.errors[0]?.code]).toEqual([400, 'conflictTaskUUID']);
  });

  const leave = async (fields: string) => {
    const head = 'content-disposition: form-data; name=';
    const body = `--b\r\n${head}"image"; filename="a.png"\r\n\r\n${photo.toString('latin1')}\r\n${fields}--b--\r\n`;
    const upload = await startUpload(
      service.url,
      {
        authorization: `Bearer ${service.key}`,
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': Buffer.byteLength(body, 'latin1'),
      },
      { path: '/v1/cutout' },
    );
    await upload.write(Buffer.from(body, 'latin1'));
    const { id } = await until('the task to be stored', waiting);
    upload.destroy();
    return id;
  };

  it('cancels it when the caller leaves, who knows no taskUUID to ask for', async () => {
    const id = await leave('');
    const ended = await until('its end', () =>
      service.database.task.findFirst({ where: { id, finishedAt: { not: null } } }),
    );
    expect(ended.problem).toMatchObject({ code: 'taskCancelled' });
  });

  it('keeps it when the caller chose its taskUUID', async () => {
    const field = `--b\r\ncontent-disposition: form-data; name="taskUUID"\r\n\r\n${randomUUID()}\r\n`;
    const id = await leave(field);
    // A later caller, who leaves and whose task is cancelled, shows that the first departure was noticed.
    const { headers } = await client.form([['image', photo]], { 'idempotency-key': 'later' });
    expect(headers.get('x-clearcut-task-uuid')).toBeTruthy();
    const row = await service.database.task.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ state: 'queued', finishedAt: null, cancelOnDisconnect: false });
  });

  it('gives up a body that breaks off, and leaves no file', async () => {
    const files = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('clearcut-upload-'));
    const before = await files();
    const headers = {
      authorization: `Bearer ${service.key}`,
      'content-type': 'image/png',
      'content-length': 9 * MB,
    };
    const upload = await startUpload(service.url, headers, { path: '/v1/cutout' });
    await upload.write(Buffer.concat([photo, Buffer.alloc(2 * MB)]));
    upload.destroy();
    await until('no new file', async () => (await files()).every((name) => before.includes(name)));
    expect(await waiting()).toBeNull();
  });
});
