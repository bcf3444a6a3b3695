import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, removal } from '#test/client';
import { startFleet, type Fleet, type FleetProgram, type ProgramName } from '#test/fleet';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { until } from '#test/until';

const newKey = () => randomBytes(32).toString('base64');
const [older, newer] = [newKey(), newKey()];

/** The values of SECRETS_KEY in the order of docs/operations.md. */
const steps = [older, `${older},${newer}`, `${newer},${older}`, newer];
const nameOf = (keys: string) => keys.replace(older, 'old').replace(newer, 'new');

/** Programs of one step beside those of the step before, as in a roll. */
const rolls = steps.slice(1).map((after, i) => {
  const before = steps[i] ?? '';
  return { before, after, name: `${nameOf(before)} → ${nameOf(after)}` };
});

const TASKS = 6;

describe('a fleet whose SECRETS_KEY is changed in the documented steps', () => {
  let fleet: Fleet;
  let pictures: PictureServer;
  let receiver: Receiver;
  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    receiver = await startReceiver();
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', IMAGE_URL_TTL_S: '3600' });
  });
  afterAll(async () => {
    await fleet.stop();
    await pictures.stop();
    await receiver.stop();
  });

  const startBoth = (name: ProgramName, { before, after }: (typeof rolls)[number]) =>
    Promise.all([before, after].map((SECRETS_KEY) => fleet.start(name, { SECRETS_KEY })));
  const send = async ({ url }: FleetProgram, more: Record<string, unknown> = {}) => {
    const tasks = Array.from({ length: TASKS }, () => removal(pictures.url, more));
    const { data, errors } = await createClient(url, fleet.key).post(tasks);
    expect(errors).toEqual([]);
    return data;
  };

  it.each(rolls)('does every task and webhook at once while $name rolls out', async (roll) => {
    await fleet.database.delivery.deleteMany();
    await fleet.database.task.deleteMany();
    const gateways = await startBoth('gateway', roll);
    const others = [...(await startBoth('worker', roll)), ...(await startBoth('dispatcher', roll))];

    const webhookURL = receiver.url;
    await Promise.all(gateways.map((gateway) => send(gateway, { webhookURL })));
    const results = (await Promise.all(gateways.map((gateway) => send(gateway)))).flat();
    const urls = results.map(({ imageURL }) => new URL(imageURL ?? ''));
    expect(urls).toHaveLength(2 * TASKS);
    for (const { url } of gateways)
      for (const { pathname, search } of urls)
        expect((await fetch(`${url}${pathname}${search}`)).status).toBe(200);

    const delivered = await until('all webhooks', async () => {
      const found = await fleet.database.delivery.findMany({ where: { state: 'delivered' } });
      return found.length === 2 * TASKS ? found : undefined;
    });
    expect(delivered.filter(({ attempts }) => attempts !== 1)).toEqual([]);
    const rows = await fleet.database.task.findMany();
    expect(rows.map(({ state, waits }) => [state, waits])).toEqual(rows.map(() => ['succeeded', 0]));
    await Promise.all([...gateways, ...others].map((program) => program.stop()));
  });
});
