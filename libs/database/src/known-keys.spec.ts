import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { until } from '#test/until';
import type { ApiKey } from './generated/client.js';
import {
  createKey,
  findOwner,
  knownKeysOf,
  limitKey,
  listen,
  openDatabase,
  putKey,
  revokeKey,
  rotateKey,
  type Database,
  type Notifications,
} from './index.js';
import { createKnownKeys } from './known-keys.js';

describe('known keys', () => {
  const apiKey = { id: 'one' } as ApiKey;
  const open = () => {
    let nowMs = 0;
    const known = createKnownKeys(() => nowMs);
    known.setTold(true);
    return { ...known, pass: (ms: number) => (nowMs += ms) };
  };

  it('are remembered for a second after the look-up began', () => {
    const known = open();
    const keep = known.startLookUp('hash');
    known.pass(400);
    keep(apiKey);
    expect(known.find('hash')).toBe(apiKey);
    known.pass(600);
    expect(known.find('hash')).toBeUndefined();
  });

  it('are forgotten when they change, under every hash', () => {
    const known = open();
    known.startLookUp('new')(apiKey);
    known.startLookUp('old')(apiKey);
    known.startLookUp('other')({ id: 'two' } as ApiKey);
    known.forget('one');
    expect(['new', 'old', 'other'].map((hash) => known.find(hash)?.id)).toEqual([
      undefined,
      undefined,
      'two',
    ]);
  });

  it('are not remembered when a change was told during the look-up', () => {
    const known = open();
    const keep = known.startLookUp('hash');
    known.forget('one');
    keep(apiKey);
    expect(known.find('hash')).toBeUndefined();
  });

  it('are not remembered while changes are not told', () => {
    const known = open();
    known.startLookUp('hash')(apiKey);
    const keep = known.startLookUp('later');
    known.setTold(false);
    keep(apiKey);
    known.startLookUp('last')(apiKey);
    expect(['hash', 'later', 'last'].map(known.find)).toEqual([undefined, undefined, undefined]);
  });
});

describe('a change of a key', () => {
  let database: Database;
  let notifications: Notifications;
  const told: string[] = [];
  beforeAll(async () => {
    const url = await freshDatabase();
    database = openDatabase(url);
    let isListening = false;
    notifications = listen(url, {
      onEnded: () => undefined,
      onKeyChanged: (keyId) => {
        told.push(keyId);
        knownKeysOf(database).forget(keyId);
      },
      onListening: (listens) => {
        isListening = listens;
        knownKeysOf(database).setTold(listens);
      },
      onError: () => undefined,
    });
    await until('the subscription', () => isListening);
  });
  afterAll(async () => {
    await notifications.close();
    await database.$disconnect();
  });

  const make = async () => {
    const [name, key] = [randomUUID(), randomUUID()];
    await createKey(database, name, key);
    const owner = await findOwner(database, key);
    told.length = 0;
    return { name, key, id: owner?.key.id ?? '' };
  };
  type Made = Awaited<ReturnType<typeof make>>;
  const changes: Record<string, (made: Made) => Promise<unknown>> = {
    revocation: ({ name }) => revokeKey(database, name),
    rotation: ({ name }) => rotateKey(database, name, randomUUID(), 0),
    replacement: ({ name }) => putKey(database, name, randomUUID()),
    expiry: ({ name }) => limitKey(database, name, { expiresAt: new Date(0) }),
    deletion: ({ name }) => database.apiKey.delete({ where: { name } }),
  };

  it.each(Object.keys(changes))('by its %s is told, and the key is refused', async (change) => {
    const made = await make();
    await changes[change]?.(made);
    await until('the notification', () => told.includes(made.id));
    expect(await findOwner(database, made.key)).toBeUndefined();
  });

  it('by its limits is told, and the new ones count', async () => {
    const made = await make();
    const limits = { ratePerS: 3, inFlight: 4, budgetUsd: 5, scopes: ['read' as const], models: ['a:1@1'] };
    await limitKey(database, made.name, limits);
    await until('the notification', () => told.includes(made.id));
    expect((await findOwner(database, made.key))?.key).toEqual({ id: made.id, ...limits });
  });

  it('by its use is not told', async () => {
    const [made, other] = [await make(), await make()];
    await database.apiKey.update({ where: { id: made.id }, data: { lastUsedAt: new Date() } });
    await revokeKey(database, other.name);
    await until('the later notification', () => told.includes(other.id));
    expect(told).toEqual([other.id]);
  });
});
