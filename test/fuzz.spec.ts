import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Answer, examples } from '#contract';
import fc from 'fast-check';
import { toPng, disc } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { connect } from '#test/socket-client';
import { HANG_MS, until } from '#test/until';

/** FUZZ_SEED and FUZZ_RUNS search on. The suite repeats one search, so that it passes or fails for everyone alike. */
const search = {
  seed: Number(process.env['FUZZ_SEED'] ?? 20_261_128),
  numRuns: Number(process.env['FUZZ_RUNS'] ?? 150),
};
const TIMEOUT_MS = Math.max(10 * HANG_MS, search.numRuns * 1_000);

type Path = readonly string[];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The paths of all parameters, within groups too. */
const pathsOf = (value: unknown): Path[] =>
  isRecord(value)
    ? Object.entries(value).flatMap(([name, inner]) => [
        [name],
        ...pathsOf(inner).map((path) => [name, ...path]),
      ])
    : [];

/** A copy of a task with the parameter at the path changed by `change`. */
const changed = (
  task: Record<string, unknown>,
  [name = '', ...rest]: Path,
  change: (parent: Record<string, unknown>, name: string) => void,
): Record<string, unknown> => {
  const copy = { ...task };
  const inner = copy[name];
  if (rest.length > 0 && isRecord(inner)) copy[name] = changed(inner, rest, change);
  else change(copy, name);
  return copy;
};

const odd = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    '',
    ' ',
    '\u0000',
    '\ud800',
    -0,
    1e308,
    -1,
    0.1,
    [],
    {},
    [[]],
    '__proto__',
    'javascript:alert(1)',
    '"><script>',
    '../../etc/passwd',
    '%00',
    'a'.repeat(5_000),
    'http://[::1]:1/',
    'data:image/png;base64,====',
    '00000000-0000-0000-0000-000000000000',
  ),
  fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.double(),
);
const oddName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'taskUUID',
    'x"><img src=x>',
    'a#b/c?d',
    'ünï',
    '',
    'toString',
    'inputImage',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
);

/** A valid task of each type, with a few parameters changed, removed, renamed or added. */
const oddTask = fc
  .constantFrom(...Object.values(examples).map((task) => task as Record<string, unknown>))
  .chain((task) => {
    const paths = pathsOf(task);
    const change = fc.record({
      path: fc.constantFrom(...paths),
      what: fc.constantFrom('set', 'set', 'set', 'remove', 'rename', 'add'),
      value: odd,
      name: oddName,
    });
    return fc.array(change, { minLength: 0, maxLength: 3 }).map((changes) =>
      changes.reduce<Record<string, unknown>>(
        (sofar, { path, what, value, name }) =>
          changed(sofar, path, (parent, own) => {
            if (what === 'set') parent[own] = value;
            if (what === 'remove' || what === 'rename') delete parent[own];
            if (what === 'rename' || what === 'add')
              Object.defineProperty(parent, name, {
                value,
                enumerable: true,
                configurable: true,
                writable: true,
              });
          }),
        { ...task, taskUUID: randomUUID() },
      ),
    );
  });

/** Cuts, doubles or replaces a part of a text. */
const tear = (text: string) =>
  fc
    .record({
      at: fc.nat(text.length),
      length: fc.nat(20),
      by: fc.oneof(
        fc.constant(''),
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.constantFrom('[', '{', '"', '\\', '\r\n', '--'),
      ),
    })
    .map(({ at, length, by }) => text.slice(0, at) + by + text.slice(at + length));

const oddBody = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(oddTask, { minLength: 1, maxLength: 4 }).map((tasks) => JSON.stringify(tasks)),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(oddTask, { minLength: 1, maxLength: 2 })
      .chain((tasks) => tear(JSON.stringify(tasks))),
  },
  { weight: 1, arbitrary: odd.map((value) => JSON.stringify(value) ?? '') },
);

describe('a request that is put together at random', () => {
  let service: Service;
  let photo: Buffer;
  beforeAll(async () => {
    service = await startService({ env: { SYNC_TIMEOUT_S: '5' } });
    await service.worker.start();
    photo = await toPng(disc(16, 16));
  });
  afterAll(() => service.stop());

  /** An answer is valid, never our fault, and its links lead to what the reference has. */
  const requireAnswer = async (status: number, text: string) => {
    const body = Answer.parse(JSON.parse(text));
    // A worker that is slow on a busy machine is no fault.
    const isOwnFault = (code: string) => ['internalServerError', 'serviceUnavailable'].includes(code);
    expect(body.errors?.filter(({ code }) => isOwnFault(code)) ?? []).toEqual([]);
    if (status >= 500) expect(body.errors?.some(({ code }) => code === 'processingTimeout')).toBe(true);
    for (const { documentation } of body.errors ?? [])
      if (documentation) expect(new URL(documentation).hash).toMatch(/^#[a-z0-9-]+$/);
  };
  const send = async (path: string, body: NonNullable<RequestInit['body']>, type: string) => {
    const headers = { authorization: `Bearer ${service.key}`, 'content-type': type };
    const response = await fetch(`${service.url}${path}`, { method: 'POST', body, headers });
    await requireAnswer(response.status, await response.text());
  };

  it(
    'gets a valid answer by REST',
    async () => {
      const property = fc.asyncProperty(oddBody, (body) => send('/v1', body, 'application/json'));
      await fc.assert(property, search);
    },
    TIMEOUT_MS,
  );

  it(
    'gets a valid answer as a form',
    async () => {
      const head = 'Content-Disposition: form-data; name=';
      const form = [
        `--b\r\n${head}"taskUUID"\r\n\r\n${randomUUID()}`,
        `--b\r\n${head}"image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n${photo.toString('latin1')}`,
        '--b--\r\n',
      ].join('\r\n');
      const property = fc.asyncProperty(tear(form), (body) =>
        send('/v1/images', new Uint8Array(Buffer.from(body, 'latin1')), 'multipart/form-data; boundary=b'),
      );
      await fc.assert(property, search);
    },
    TIMEOUT_MS,
  );

  it(
    'gets a picture or a valid answer from POST /v1/cutout',
    async () => {
      const head = 'Content-Disposition: form-data; name=';
      const form = [
        `--b\r\n${head}"settings.rgba"\r\n\r\n1,2,3,1`,
        `--b\r\n${head}"image"; filename="a.png"\r\n\r\n${photo.toString('latin1')}`,
        `--b\r\n${head}"refine.levels.low"\r\n\r\n5`,
        '--b--\r\n',
      ].join('\r\n');
      const query = fc.webQueryParameters();
      const accept = fc.constantFrom(
        '*/*',
        'image/*;q=2, ,;',
        'application/json',
        'image/webp',
        ';',
        'image',
      );
      const property = fc.asyncProperty(tear(form), query, accept, async (body, asked, accepted) => {
        const response = await fetch(`${service.url}/v1/cutout?${asked}`, {
          method: 'POST',
          body: new Uint8Array(Buffer.from(body, 'latin1')),
          headers: {
            authorization: `Bearer ${service.key}`,
            'content-type': 'multipart/form-data; boundary=b',
            accept: accepted,
          },
        });
        const type = `${response.headers.get('content-type')}`;
        if (type.startsWith('image/')) expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(60);
        else await requireAnswer(response.status, await response.text());
      });
      await fc.assert(property, search);
    },
    TIMEOUT_MS,
  );

  it(
    'gets valid frames, and leaves the gateway able to serve the next connection',
    async () => {
      const property = fc.asyncProperty(fc.array(oddBody, { minLength: 1, maxLength: 3 }), async (bodies) => {
        const client = await connect(service.url);
        await client.authenticate(service.key);
        for (const body of bodies) client.socket.send(body);
        client.send([{ taskType: 'ping' }]);
        const isAnswered = () => client.frames.some(({ data }) => data?.some(({ pong }) => pong === true));
        // A frame that is no JSON array may end the connection, with an error before.
        await Promise.race([until('the pong', isAnswered), client.closed]);
        client.socket.terminate();
        for (const { error, ...frame } of client.frames) {
          // Frames of errors have the first one under the name of older clients too.
          if (frame.errors?.[0] && error) expect(error['code']).toBe(frame.errors[0]['code']);
          await requireAnswer(400, JSON.stringify({ data: frame.data, errors: frame.errors }));
        }
      });
      await fc.assert(property, { ...search, numRuns: Math.ceil(search.numRuns / 3) });
    },
    TIMEOUT_MS,
  );
});
