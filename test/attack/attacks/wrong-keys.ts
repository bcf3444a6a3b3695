import { randomUUID } from 'node:crypto';
import { freePort } from '#test/redis';
import type { Attack, Figure } from '../attack.js';
import { ping } from '../watch.js';

const AT_ONCE = 10;

/** @returns how many answers had each status, and whether each 429 said how long to wait */
const tryAll = async (url: string, count: number, headersOf: () => Record<string, string>) => {
  const seen = new Map<number, number>();
  let withoutWait = 0;
  const tryOne = async () => {
    const response = await fetch(url, {
      headers: headersOf(),
      ...(url.endsWith('/v1') && { method: 'POST', body: '[]' }),
    });
    await response.arrayBuffer();
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    if (response.status === 429 && !response.headers.has('retry-after')) withoutWait++;
  };
  for (let i = 0; i < count; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, tryOne));
  return { plain: seen.get(401) ?? 0, withoutWait };
};

const figuresOf = ({ plain, withoutWait }: Awaited<ReturnType<typeof tryAll>>): Figure[] => [
  { what: 'answered 401 and not 429', value: plain, unit: 'count', max: 40 },
  { what: '429 without Retry-After', value: withoutWait, unit: 'count', max: 0 },
];

export const wrongKeys: Attack = {
  about: '1,000 wrong keys of one address',
  before: 'all answered 401, up to 1,274 a second',
  run: async (target) => {
    const wrong = () => ({ authorization: `Bearer ${randomUUID()}` });
    const found = await tryAll(`${target.gateway.url}/v1`, target.isShort ? 100 : 1_000, wrong);
    const goodMs = await ping(target);
    return [...figuresOf(found), { what: 'ping with the good key', value: goodMs, unit: 'ms', max: 1_000 }];
  },
};

const PASSWORD = 'the_password_of_an_operator';

export const wrongPasswords: Attack = {
  about: '1,000 wrong passwords of the status page',
  before: 'all answered 401, 182 a second and more',
  run: async ({ fleet, isShort }) => {
    const port = await freePort();
    const dispatcher = await fleet.start('dispatcher', { ADMIN_PORT: `${port}`, ADMIN_TOKEN: PASSWORD });
    const url = `http://127.0.0.1:${port}/`;
    const found = await tryAll(url, isShort ? 100 : 1_000, () => ({
      authorization: `Bearer ${randomUUID()}`,
    }));
    const { status } = await fetch(url, { headers: { authorization: `Bearer ${PASSWORD}` } });
    await dispatcher.stop();
    return [
      ...figuresOf(found),
      { what: 'refused good passwords', value: Number(status >= 400), unit: 'count', max: 0 },
    ];
  },
};
