import { METHODS } from 'node:http';
import { randomUUID } from 'node:crypto';
import { connect as dial } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { removal, type Item } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { rawRequest } from '#test/raw-request';
import { startService, type Service } from '#test/service';

const MB = 1024 * 1024;
const pong = { data: [{ taskType: 'ping', pong: true }] };
const ping = '[{"taskType":"ping"}]';

type Sent = { readonly headers?: Record<string, string>; readonly body?: string | Buffer };

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Posts bytes with just these headers, and a good key unless the headers have one. */
const post = async ({ headers = {}, body = ping }: Sent, path = '/v1', method = 'POST') => {
  const key = { authorization: `Bearer ${service.key}` };
  const reply = await rawRequest(service.url, path, { method, headers: { ...key, ...headers }, body });
  const answer = JSON.parse(reply.text) as { errors?: Item[] };
  return { ...reply, answer, error: answer.errors?.[0] };
};

describe('a body', () => {
  it.each([
    ['no type', {}],
    ['the type of a form, as curl -d sends it', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a type of text', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['another type of JSON', { 'content-type': 'application/vnd.api+json' }],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
  ])('is read as JSON when it has %s', async (_, headers) => {
    expect((await post({ headers })).answer).toEqual(pong);
    const byTask = `[{"taskType":"authentication","apiKey":"${service.key}"},{"taskType":"ping"}]`;
    const { text } = await rawRequest(service.url, '/v1', { method: 'POST', headers, body: byTask });
    expect(JSON.parse(text)).toEqual(pong);
  });

  it.each<[string, Sent, string]>([
    ['empty', { body: ' \n' }, 'The body is empty'],
    ['UTF-16', { body: Buffer.from(`\uFEFF${ping}`, 'utf16le') }, 'The body is UTF-16'],
    ['UTF-16 without a mark', { body: Buffer.from(ping, 'utf16le') }, 'The body is UTF-16'],
    [
      'JSON with a trailing comma',
      { body: '[\n  {"taskType":"ping"},\n]' },
      "The body is not JSON: at line 3, column 1, ']' follows a comma; remove the comma.",
    ],
    ['cut off', { body: ping.slice(0, -1) }, 'at line 1, column 21, the text ends'],
    ['JSON with a forbidden name', { body: '[{"__proto__":1}]' }, "a forbidden name, '__proto__'"],
    [
      'a form',
      { body: 'tasks=%5B%5D&a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      'The body has form fields',
    ],
    [
      'multipart',
      { headers: { 'content-type': 'multipart/form-data; boundary=a' } },
      'A multipart body is not',
    ],
    ['an image', { headers: { 'content-type': 'image/png' } }, "A body of type 'image/png' is not read"],
  ])('is refused with the reason when it is %s', async (_, sent, reason) => {
    const { status, error } = await post(sent);
    expect([status, error?.code]).toEqual([400, 'invalidRequestBody']);
    expect(error?.['message']).toContain(reason);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['identity', (bytes: Buffer) => bytes],
  ])('is decoded when it is compressed by %s', async (encoding, compress) => {
    const long = Buffer.from(ping.padEnd(3 * MB));
    const { answer } = await post({ headers: { 'content-encoding': encoding }, body: compress(long) });
    expect(answer).toEqual(pong);
  });

  it.each([
    ['cut off', gzipSync(ping).subarray(0, -9)],
    ['not compressed at all', Buffer.from(ping)],
  ])('is refused when it says gzip and is %s', async (_, body) => {
    const { status, error } = await post({ headers: { 'content-encoding': 'gzip' }, body });
    expect([status, error?.code]).toEqual([400, 'invalidRequestBody']);
    expect(error?.['message']).toContain('no complete gzip');
  });

  it.each(['zstd', 'gzip, br', 'constructor'])('is refused when it is compressed by %s', async (encoding) => {
    const { status, error } = await post({ headers: { 'content-encoding': encoding } });
    expect([status, error?.code, error?.['allowedValues']]).toEqual([
      415,
      'unsupportedContentEncoding',
      ['gzip', 'deflate', 'br'],
    ]);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is refused as soon as it has more than 64 MB behind %s', async (encoding, compress) => {
    const body = compress(Buffer.alloc(256 * MB, ' '));
    expect(body.length).toBeLessThan(MB);
    const { status, error } = await post({ headers: { 'content-encoding': encoding }, body });
    expect([status, error?.code, error?.['max']]).toEqual([413, 'maxBodySizeExceeded', 64 * MB]);
  });

  it('is refused when it has too many values behind gzip', async () => {
    const body = gzipSync(Buffer.alloc(30 * MB, '['));
    const { status, error } = await post({ headers: { 'content-encoding': 'gzip' }, body });
    expect([status, error?.code, error?.['max']]).toEqual([400, 'invalidRequestBody', 100_000]);
  });

  it('is not decoded for a caller without a key in a header', async () => {
    const tasks = `[{"taskType":"authentication","apiKey":"${service.key}"},{"taskType":"ping"}]`;
    const headers = { 'content-encoding': 'gzip', authorization: '' };
    const { status, error } = await post({ headers, body: gzipSync(tasks) });
    expect([status, error?.code]).toEqual([401, 'missingApiKey']);
    expect(error?.['message']).toContain('compressed body needs the API key in a header');
  });
});

describe('an address', () => {
  it('may end with a slash', async () => {
    expect((await post({}, '/v1/')).answer).toEqual(pong);
    expect((await post({}, '/v1/?dryRun=1')).answer).toEqual(pong);
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.terminate();
  });

  it.each([
    ['GET', '/v1', 'POST'],
    ['PUT', '/v1/', 'POST'],
    ['OPTIONS', '/v1', 'POST'],
    // Older releases of Node refuse it as no HTTP.
    ...(METHODS.includes('QUERY') ? [['QUERY', '/v1', 'POST'] as const] : []),
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', `/images/${randomUUID()}.png`, 'GET, HEAD'],
    ['POST', '/health/live?x=1', 'GET, HEAD'],
  ])('asked with %s %s answers 405 and Allow: %s', async (method, path, allow) => {
    const { status, headers, error } = await post({ body: '' }, path, method);
    expect([status, headers['allow'], error?.code]).toEqual([405, allow, 'methodNotAllowed']);
  });

  it.each(['/', '/v2', '/v1/nothing', '/images'])(
    '%s leads nowhere and says where tasks go',
    async (path) => {
      const { status, error } = await post({}, path);
      expect([status, error?.code]).toEqual([404, 'notFound']);
      expect(error?.['message']).toContain('POST /v1');
    },
  );
});

describe('a key', () => {
  const none = { authorization: '' };

  it.each([
    ['x-api-key', (key: string) => ({ ...none, 'x-api-key': key })],
    ['Authorization without Bearer', (key: string) => ({ authorization: key })],
    ['Authorization with bearer in lower case', (key: string) => ({ authorization: `bearer  ${key} ` })],
    ['x-api-key beside another scheme', (key: string) => ({ authorization: 'Basic YTpi', 'x-api-key': key })],
    ['x-api-key beside an empty Bearer', (key: string) => ({ authorization: 'Bearer', 'x-api-key': key })],
  ])('is taken from %s', async (_, headersOf) => {
    expect((await post({ headers: headersOf(service.key) })).answer).toEqual(pong);
    const { status, error } = await post({ headers: headersOf('wrong') });
    expect([status, error?.code]).toEqual([401, 'invalidApiKey']);
  });

  it('is taken from Authorization before x-api-key, and from x-api-key before the task', async () => {
    const both = { authorization: service.key, 'x-api-key': 'wrong' };
    expect((await post({ headers: both })).answer).toEqual(pong);
    const body = `[{"taskType":"authentication","apiKey":"wrong"},{"taskType":"ping"}]`;
    expect((await post({ headers: { ...none, 'x-api-key': service.key }, body })).answer).toEqual(pong);
  });
});

/** The link of an error leads to an anchor that exists. */
const expectAnchor = async (error: Item | undefined) => {
  const link = new URL(String(error?.['documentation']));
  const page = await fetch(new URL(link.pathname, service.url));
  expect(await page.text()).toContain(`id="${link.hash.slice(1)}"`);
};

describe('a request that fails as a whole', () => {
  const image = `/images/${randomUUID()}.png`;

  it.each<[string, string, Sent, number, string]>([
    ['without a key', 'POST /v1', { headers: { authorization: '' } }, 401, 'missingApiKey'],
    ['with a faulty body', 'POST /v1', { body: '{' }, 400, 'invalidRequestBody'],
    ['without a task', 'POST /v1', { body: '[]' }, 400, 'arrayTooSmall'],
    ['to nowhere', 'POST /', {}, 404, 'notFound'],
    ['to a malformed address', 'GET /images/%zz', { body: '' }, 404, 'notFound'],
    ['to no image', `GET ${image}`, { body: '' }, 404, 'mediaNotFound'],
    ['by a wrong method', 'PUT /v1', {}, 405, 'methodNotAllowed'],
  ])('%s links to its explanation: %s', async (...[, line, sent, status, code]) => {
    const [method, path] = line.split(' ');
    const { status: answered, error } = await post(sent, path, method);
    expect([answered, error?.code]).toEqual([status, code]);
    await expectAnchor(error);
  });
});

describe('what is no request', () => {
  /** Sends bytes to the port and reads until the connection ends. */
  const exchange = async (bytes: string) => {
    const socket = dial(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(bytes);
    const [head = '', body = ''] = (await readText(socket)).split('\r\n\r\n', 2);
    return { head, error: (JSON.parse(body) as { errors: Item[] }).errors[0] };
  };

  it.each([
    ['is no HTTP', 'hello\r\n\r\n', 400, 'invalidRequest'],
    ['has a method that nobody knows', 'CUT /v1 HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'invalidRequest'],
    ['has no Host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'invalidRequest'],
    [
      'expects what nobody can meet',
      'POST /v1 HTTP/1.1\r\nhost: a\r\nexpect: a-miracle\r\ncontent-length: 2\r\n\r\n[]',
      417,
      'unsupportedExpectation',
    ],
    ['has large headers', `GET / HTTP/1.1\r\na: ${'b'.repeat(20_000)}\r\n\r\n`, 431, 'maxHeaderSizeExceeded'],
    [
      'is a faulty handshake',
      'GET /v1 HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      400,
      'invalidRequest',
    ],
    [
      'is a handshake elsewhere',
      'GET /v2 HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      404,
      'notFound',
    ],
  ])('gets an error in the envelope when it %s', async (_, bytes, status, code) => {
    const { head, error } = await exchange(bytes);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/^content-type: application\/json/im);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/\.$/) });
    await expectAnchor(error);
  });
});

describe('a page of another origin', () => {
  const page = 'https://shop.example';
  const other = 'https://other.example';
  let closed: Service;
  let listed: Service;
  let open: Service;
  beforeAll(async () => {
    closed = service;
    listed = await startService({ env: { CORS_ORIGINS: `https://a.example, ${page}` } });
    open = await startService({ env: { CORS_ORIGINS: '*' } });
    await listed.worker.start();
  });
  afterAll(async () => {
    await listed.stop();
    await open.stop();
  });

  const ask = async ({ url }: Service, origin: string) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    return (await rawRequest(url, '/v1', { method: 'OPTIONS', headers })).headers;
  };
  const opens = ({ url }: Service, origin: string | undefined) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1`, origin ? { origin } : {});
      socket.once('open', () => (socket.terminate(), resolve(101)));
      socket.once(
        'unexpected-response',
        (_, { statusCode }) => (socket.terminate(), resolve(statusCode ?? 0)),
      );
      socket.once('error', reject);
    });

  it('is allowed when CORS_ORIGINS lists it, and no other', async () => {
    const allowed = async (asked: Service, origin: string) =>
      (await ask(asked, origin))['access-control-allow-origin'];
    expect(await allowed(listed, page)).toBe(page);
    expect(await allowed(open, other)).toBe('*');
    expect(await allowed(closed, page)).toBeUndefined();
    expect(await allowed(listed, other)).toBeUndefined();
    expect((await ask(listed, page))['access-control-allow-headers']).toContain('authorization');
  });

  it('may read errors and images', async () => {
    const headers = { origin: page };
    const refused = await rawRequest(listed.url, '/v1', { method: 'POST', headers, body: ping });
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, page]);
    const photo = (await toPng(disc(40, 30))).toString('base64');
    const { data } = await listed.post([removal(photo)]);
    const path = new URL(String(data[0]?.imageURL)).pathname;
    const image = await rawRequest(listed.url, path, { headers });
    expect([image.status, image.headers['access-control-allow-origin']]).toEqual([200, page]);
    const foreign = await rawRequest(listed.url, path, { headers: { origin: other } });
    expect([foreign.status, foreign.headers['access-control-allow-origin']]).toEqual([200, undefined]);
    const gone = await rawRequest(listed.url, `/images/${randomUUID()}.png`, { headers });
    expect([gone.status, gone.headers['access-control-allow-origin']]).toEqual([404, page]);
  });

  it('may open a WebSocket by the same list; what sends no Origin always may', async () => {
    expect(await opens(listed, page)).toBe(101);
    expect(await opens(open, other)).toBe(101);
    expect(await opens(closed, page)).toBe(403);
    expect(await opens(listed, other)).toBe(403);
    expect(await opens(closed, undefined)).toBe(101);
    expect(await opens(closed, closed.url)).toBe(101);
  });
});
