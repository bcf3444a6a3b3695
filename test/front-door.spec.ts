import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { putKey } from '#database';
import { removal } from '#test/client';
import { runSql } from '#test/databases';
import { startFleet, type Fleet } from '#test/fleet';
import { disc, noise, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { connect, itemOf } from '#test/socket-client';
import { startUpload, watchServerSockets, writeUpTo, type Upload } from '#test/upload';
import { HANG_MS, until } from '#test/until';

const MB = 1024 * 1024;
const KEY_BYTES = 16 * 1024;
/** The first read of the server, its read-ahead and the head. */
const READ_AHEAD = 3 * 64 * 1024;
const nested = Buffer.alloc(64 * 1024, '[');
const json = { 'content-type': 'application/json' };
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

const authentication = (apiKey: string) => ({ taskType: 'authentication', apiKey });
const errorOf = (body: unknown) => (body as { errors?: Record<string, unknown>[] }).errors?.[0];

describe('a request without a valid key', () => {
  let service: Service;
  let server: ReturnType<typeof watchServerSockets>;
  beforeAll(async () => {
    service = await startService();
    server = watchServerSockets();
  });
  afterAll(async () => {
    server.stop();
    await service.stop();
  });

  /** Expects an answer and the end of the connection, with little of the endless body read. */
  const expectUnread = async (upload: Upload) => {
    await writeUpTo(upload, 30 * MB, nested);
    await upload.closed;
    expect(server.bytesRead(upload)).toBeGreaterThan(0);
    expect(server.bytesRead(upload)).toBeLessThan(READ_AHEAD);
    expect((await upload.answer).head).toMatch(/^connection: close$/im);
  };

  it.each<[string, Record<string, string>]>([
    ['JSON', json],
    ['text', { 'content-type': 'text/plain' }],
    ['a form, as curl -d sends it', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', {}],
  ])('is refused after 16 kB of a body of 30 MB of %s', async (_, type) => {
    const upload = await startUpload(service.url, { ...type, 'content-length': 30 * MB });
    await upload.write(nested.subarray(0, KEY_BYTES));
    const { status, body } = await upload.answer;
    expect(status).toBe(401);
    expect(errorOf(body)).toMatchObject({
      code: 'missingApiKey',
      parameter: 'apiKey',
      taskType: 'authentication',
    });
    await expectUnread(upload);
  });

  it('is refused for a bad key in its header before any of its body arrives', async () => {
    const headers = { ...json, 'content-length': 30 * MB, authorization: `Bearer ${randomUUID()}` };
    const upload = await startUpload(service.url, headers);
    const { status, body } = await upload.answer;
    expect([status, errorOf(body)?.['code']]).toEqual([401, 'invalidApiKey']);
    await expectUnread(upload);
  });

  it('is refused for a bad key in its first task, however much follows', async () => {
    const upload = await startUpload(service.url, { ...json, 'content-length': 30 * MB });
    await upload.write(`[${JSON.stringify(authentication('wrong'))},`.padEnd(KEY_BYTES));
    const { status, body } = await upload.answer;
    expect([status, errorOf(body)?.['code']]).toEqual([401, 'invalidApiKey']);
    await expectUnread(upload);
  });

  it('is refused when its body is chunked without a length', async () => {
    const upload = await startUpload(service.url, { ...json, 'transfer-encoding': 'chunked' });
    await upload.write(chunk('['.repeat(KEY_BYTES)));
    expect((await upload.answer).status).toBe(401);
  });

  it('is refused when its body is compressed', async () => {
    const headers = { ...json, 'content-length': 30 * MB, 'content-encoding': 'gzip' };
    const upload = await startUpload(service.url, headers);
    await writeUpTo(upload, KEY_BYTES, nested);
    expect((await upload.answer).status).toBe(401);
    await expectUnread(upload);
  });

  it.each(['multipart/form-data; boundary=a', 'image/png', 'application/octet-stream'])(
    'is refused unread with a body of type %s',
    async (type) => {
      const upload = await startUpload(service.url, { 'content-type': type, 'content-length': 30 * MB });
      expect((await upload.answer).status).toBe(400);
      await expectUnread(upload);
    },
  );

  it.each([
    ['POST', '/nowhere', 404, 'notFound'],
    ['PUT', '/v1', 405, 'methodNotAllowed'],
    ['POST', '/v1/models', 405, 'methodNotAllowed'],
    ['DELETE', '/images/cup.png', 405, 'methodNotAllowed'],
  ])('is refused unread at %s %s with %i', async (method, path, wanted, code) => {
    const headers = { ...json, 'content-length': 30 * MB };
    const upload = await startUpload(service.url, headers, { method, path });
    const { status, body } = await upload.answer;
    expect([status, errorOf(body)?.['code']]).toEqual([wanted, code]);
    await expectUnread(upload);
  });

  it.each(['', '[]', '{}', '7', 'null', '[{"taskType":"ping"}]', '[{"taskType":"authentication"', 'no JSON'])(
    'gets the error of the missing key before any other fault: %j',
    async (body) => {
      const reply = await service.postRaw(body, {});
      expect([reply.status, reply.errors[0]?.code]).toEqual([401, 'missingApiKey']);
    },
  );

  it('gets 503 unread while the database is away', async () => {
    await runSql(service.config.DATABASE_URL, 'ALTER TABLE api_keys RENAME TO lost_keys');
    const headers = { ...json, 'content-length': 30 * MB, authorization: `Bearer ${service.key}` };
    const upload = await startUpload(service.url, headers);
    const { status, body } = await upload.answer;
    await runSql(service.config.DATABASE_URL, 'ALTER TABLE lost_keys RENAME TO api_keys');
    expect([status, errorOf(body)?.['code']]).toEqual([503, 'serviceUnavailable']);
    await expectUnread(upload);
  });

  it('has a minute for its head, and as long as its pace takes for its body', async () => {
    const upload = await startUpload(service.url, { ...json, 'content-length': 2 });
    await upload.write('[]');
    await upload.answer;
    expect(server.serverOf(upload)).toMatchObject({ headersTimeout: 60_000, requestTimeout: 0 });
  });

  it('does not affect the connections of other requests', async () => {
    const upload = await startUpload(service.url, { ...json, 'content-length': 2 });
    await upload.write('[]');
    expect((await upload.answer).head).not.toMatch(/^connection: close$/im);
  });
});

describe('a key in the first task', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const ping = '{"taskType":"ping"}';
  const key = () => JSON.stringify(authentication(service.key));
  const pong = { data: [{ taskType: 'ping', pong: true }] };

  /** Pads with spaces, so that the first task ends at that byte of the body. */
  const endingAt = (byte: number) => `[${' '.repeat(byte - 1 - Buffer.byteLength(key()))}${key()},${ping}]`;

  it('is accepted up to byte 16,384 of the body and no later', async () => {
    expect((await service.postRaw(endingAt(KEY_BYTES), {})).body).toEqual(pong);
    const late = await service.postRaw(endingAt(KEY_BYTES + 1), {});
    expect([late.status, late.errors[0]?.code]).toEqual([401, 'missingApiKey']);
  });

  it('admits a body of much more than 16 kB', async () => {
    const image = (await toPng(noise(1_300, 1_300))).toString('base64');
    expect(image.length).toBeGreaterThan(5 * MB);
    const task = removal(`data:image/png;base64,${image}`, { deliveryMethod: 'async' });
    const { status, data } = await service.post([authentication(service.key), task], {});
    expect([status, data]).toEqual([200, [{ taskType: 'removeBackground', taskUUID: task.taskUUID }]]);
  });

  it.each([
    ['a byte order mark', '\uFEFF[', ''],
    ['white space', ' \t\r\n[ \n', ' '],
  ])('is found behind %s', async (_, before, after) => {
    expect((await service.postRaw(`${before}${key()}${after},${ping}]`, {})).body).toEqual(pong);
  });

  it('is found whatever else its task contains, in strings and escaped', async () => {
    const escape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const escaped = service.key.replaceAll(/./g, escape);
    const task = `{"connectionSessionUUID":"}]\\"{\\\\","apiKey":"${escaped}","taskType":"authentication"}`;
    expect((await service.postRaw(`[${task},${ping}]`, {})).body).toEqual(pong);
  });

  it.each([
    [
      'by its length',
      (body: string) => ({ headers: { 'content-length': Buffer.byteLength(body) }, body, end: '' }),
    ],
    ['in chunks', (body: string) => ({ headers: { 'transfer-encoding': 'chunked' }, body, end: chunk('') })],
  ])('is found when the body arrives byte by byte, %s', async (_, frame) => {
    const { headers, body, end } = frame(`[${key()},${ping}]`);
    const upload = await startUpload(service.url, { ...json, ...headers });
    for (const character of body) await upload.write(end ? chunk(character) : character);
    await upload.write(end);
    expect((await upload.answer).body).toEqual(pong);
  });

  it('is ignored when the header has a key, good or bad', async () => {
    const good = { authorization: `Bearer ${service.key}` };
    const byHeader = await service.post([authentication('wrong'), { taskType: 'ping' }], good);
    expect(byHeader.body).toEqual(pong);
    const bad = { authorization: 'Bearer wrong' };
    const reply = await service.post([authentication(service.key), { taskType: 'ping' }], bad);
    expect([reply.status, reply.errors[0]?.code]).toEqual([401, 'invalidApiKey']);
  });

  it('is used when the header has another scheme', async () => {
    const reply = await service.postRaw(`[${key()},${ping}]`, { authorization: 'Basic Y2xlYXI6Y3V0' });
    expect(reply.body).toEqual(pong);
  });
});

describe('a request with a valid key', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  it.each([
    ['nested arrays', '['.repeat(30 * MB)],
    ['ten million objects', `[${'{},'.repeat(10_000_000)}{}]`],
    ['nested objects', '{"a":'.repeat(6 * MB)],
    ['ten million numbers', `[{"taskType":[${'1,'.repeat(10_000_000)}1]}]`],
  ])('is refused before it is parsed when it contains 30 MB of %s', async (_, body) => {
    const { status, errors } = await service.postRaw(body);
    expect([status, errors[0]?.code, errors[0]?.['max']]).toEqual([400, 'invalidRequestBody', 100_000]);
  });

  it('may contain any number of brackets and commas in its strings', async () => {
    const { errors } = await service.post([{ taskType: 'ping', note: '[{,\\"'.repeat(1_000_000) }]);
    expect(errors[0]).toMatchObject({ code: 'unsupportedParameter', parameter: 'note' });
  });

  it('may contain deeply nested parameters that have no effect', async () => {
    const image = (await toPng(disc(60, 40))).toString('base64');
    const task = JSON.stringify(removal(image, { providerSettings: 'deep' }));
    const deep = `${'['.repeat(90_000)}${']'.repeat(90_000)}`;
    const { status, data } = await service.postRaw(`[${task.replace('"deep"', deep)}]`);
    expect([status, data[0]?.['status']]).toEqual([200, 'success']);
  });
});

describe('a body that arrives slowly', () => {
  const pace = { bytes: 1_000, everyMs: 2_000 };
  let service: Service;
  beforeAll(async () => {
    service = await startService({ gatewayOptions: { pace } });
  });
  afterAll(() => service.stop());

  it.each([
    ['a key in the header', true],
    ['a key to come', false],
  ])('is refused with 408, with %s', async (_, hasKey) => {
    const key = hasKey ? { authorization: `Bearer ${service.key}` } : {};
    const upload = await startUpload(service.url, { ...json, 'content-length': MB, ...key });
    const dripping = setInterval(() => void upload.write(' '), 20);
    const { status, head, body } = await upload.answer;
    clearInterval(dripping);
    expect([status, errorOf(body)?.['code']]).toEqual([408, 'requestTimeout']);
    expect(errorOf(body)?.['message']).toBe('The body came too slowly: each 2 s must bring 1000 bytes.');
    expect(head).toMatch(/^connection: close$/im);
    await upload.closed;
  });

  it('is awaited as long as it keeps the pace', async () => {
    const tail = '[{"taskType":"ping"}]';
    const pieces = 30;
    const length = pieces * pace.bytes + tail.length;
    const headers = { ...json, 'content-length': length, authorization: `Bearer ${service.key}` };
    const upload = await startUpload(service.url, headers);
    const start = performance.now();
    for (let i = 0; i < pieces; i++) {
      await upload.write(' '.repeat(pace.bytes));
      await sleep(pace.everyMs / 10);
    }
    expect(performance.now() - start).toBeGreaterThan(2 * pace.everyMs);
    await upload.write(tail);
    expect((await upload.answer).body).toEqual({ data: [{ taskType: 'ping', pong: true }] });
  });

  it('gets no answer when its client disconnects', async () => {
    const upload = await startUpload(service.url, { ...json, 'content-length': MB });
    await upload.write('[');
    upload.destroy();
    await upload.closed;
    expect((await service.post([{ taskType: 'ping' }])).status).toBe(200);
  });
});

describe('a WebSocket without a valid key', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ gatewayOptions: { authenticateMs: HANG_MS } });
  });
  afterAll(() => service.stop());

  const refusal = (message: unknown) => {
    const error = { code: 'missingApiKey', message };
    return { errors: [{ ...error, parameter: 'apiKey', taskType: 'authentication' }], error };
  };
  const tooMuch = refusal(expect.stringContaining('65536 bytes'));

  it('is closed with a reason when no key arrives, while one with a key stays open', async () => {
    const strict = await startService();
    const known = await connect(strict.url);
    await known.authenticate(strict.key);
    // Its time begins later, so that of the other is over when this one is closed.
    const unknown = await connect(strict.url);
    unknown.send([{ taskType: 'ping' }]);
    expect(await unknown.closed).toBe(1008);
    expect(unknown.frames.at(-1)).toEqual(refusal(expect.stringContaining('5 s')));

    known.send([{ taskType: 'ping' }]);
    expect(itemOf(await known.nextFrame(1))).toEqual({ taskType: 'ping', pong: true });
    known.socket.terminate();
    await strict.stop();
  });

  it('is closed when one frame is larger than 64 kB', async () => {
    const client = await connect(service.url);
    client.socket.send(Buffer.alloc(30 * MB, '['));
    expect(await client.closed).toBe(1008);
    expect(client.frames).toEqual([tooMuch]);
  });

  it('is closed when many frames together are larger than 64 kB', async () => {
    const client = await connect(service.url);
    for (let i = 0; i < 700; i++) client.socket.send(`[${'{},'.repeat(49)}{}]`.padEnd(200));
    expect(await client.closed).toBe(1008);
    expect(client.frames.at(-1)).toEqual(tooMuch);
  });

  it('may send tasks right behind its key', async () => {
    const client = await connect(service.url);
    const image = (await toPng(noise(600, 600))).toString('base64');
    const task = removal(image, { deliveryMethod: 'async' });
    client.send([authentication(service.key)]);
    client.send([task]);
    expect(Object.keys(await client.frameOf(task.taskUUID))).toEqual(['data']);
    client.socket.terminate();
  });
});

describe('a WebSocket whose client does not read', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ gatewayOptions: { stallMs: 2_000 } });
  });
  afterAll(() => service.stop());

  const enter = async () => {
    const client = await connect(service.url);
    await client.authenticate(service.key);
    return client;
  };

  it.each([
    [
      'bad tasks',
      (client: Awaited<ReturnType<typeof enter>>) => client.socket.send(`[${'{},'.repeat(99)}{}]`),
    ],
    ['pings', (client: Awaited<ReturnType<typeof enter>>) => client.socket.send('[{"taskType":"ping"}]')],
    [
      'pings of the protocol',
      (client: Awaited<ReturnType<typeof enter>>) => client.socket.ping(Buffer.alloc(125)),
    ],
  ])(
    'is closed when it keeps sending %s',
    async (_, send) => {
      const client = await enter();
      client.socket.pause();
      const flood = setInterval(() => {
        for (let i = 0; i < 1_000 && client.socket.bufferedAmount < MB; i++) send(client);
      }, 1);
      // The answers must first fill the buffers of both systems, which takes a busy machine a minute.
      await until('the cut', async () => client.socket.readyState === client.socket.CLOSED, 240_000);
      clearInterval(flood);
      expect((await service.post([{ taskType: 'ping' }])).status).toBe(200);
    },
    270_000,
  );

  it('gets all of many answers when it reads on', async () => {
    const client = await enter();
    const tasks = Array.from({ length: 10_000 }, () => ({ ...removal(''), taskUUID: randomUUID() }));
    client.send(tasks);
    await until('the last', () => client.frames.length === 1 + tasks.length);
    client.socket.terminate();
  }, 90_000);
});

describe('a gateway with little memory', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({ NODE_OPTIONS: '--max-old-space-size=200' });
  });
  afterAll(() => fleet.stop());

  it('survives clients without a key, and answers others meanwhile', async () => {
    const gateway = await fleet.start('gateway');
    const bodies = Array.from({ length: 8 }, async () => {
      const upload = await startUpload(gateway.url, { ...json, 'content-length': 30 * MB });
      await writeUpTo(upload, 30 * MB, nested);
      return (await upload.answer).status;
    });
    const sockets = Array.from({ length: 8 }, async (_, i) => {
      const client = await connect(gateway.url);
      client.socket.pause();
      for (let n = 0; n < 300; n++) client.socket.send(i % 2 ? '[{},{},{},{},{},{},{},{}]' : nested);
    });
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    expect(await Promise.all(bodies)).toEqual(Array<number>(8).fill(401));
    await Promise.all(sockets);
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
  }, 90_000);
});

it('a slow body is cut off once another caller waits for the room that it takes', async () => {
  const service = await startService({ env: { INTAKE_DISK_MB: '64' } });
  try {
    const key = `cc_other_${randomUUID()}`;
    await putKey(service.database, 'other', key);
    const slow = await startUpload(service.url, {
      ...json,
      'content-length': 50 * MB,
      authorization: `Bearer ${service.key}`,
    });
    const dripping = setInterval(() => void slow.write(' '.repeat(1_000)), 100);
    await slow.write('[');
    const body = `[${' '.repeat(40 * MB)}{"taskType":"ping"}]`;
    const answer = await fetch(`${service.url}/v1`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key}` },
      body,
    });
    clearInterval(dripping);
    expect(answer.status).toBe(200);
    const { status, body: refusal } = await slow.answer;
    expect([status, errorOf(refusal)?.['message']]).toEqual([
      408,
      'The body came too slowly: each 3 s must bring 196608 bytes while other callers wait for room.',
    ]);
  } finally {
    await service.stop();
  }
});
