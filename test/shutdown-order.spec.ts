import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '#telemetry';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';
import { z } from 'zod';

const StepLine = z.object({ msg: z.literal('shutdown step done'), step: z.string() });

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

/** Collects the names of shutdown steps in the order in which they end. */
const collectSteps = () => {
  const steps: string[] = [];
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      for (const line of linesOf(String(chunk))) {
        const parsed = StepLine.safeParse(JSON.parse(line));
        if (parsed.success) steps.push(parsed.data.step);
      }
      done();
    },
  });
  return { steps, log: createLogger('test', 'debug', destination) };
};

describe('the order in which a program stops', () => {
  const { steps, log } = collectSteps();
  let service: Service;

  beforeAll(async () => {
    service = await startService({ log, admin: true });
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(() => service.stop());

  /** A stop ends before steps that take too long. On a busy machine the named ones may be among them. */
  const stepsOf = async (program: { readonly stop: () => Promise<void> }, names: readonly string[]) => {
    steps.length = 0;
    await program.stop();
    await until(`the steps ${names.join(', ')}`, () => names.every((name) => steps.includes(name)));
    return [...steps];
  };
  /** The steps among those named, in the order in which they ended. */
  const among = (all: readonly string[], names: readonly string[]) =>
    all.filter((name) => names.includes(name));

  it('the worker withdraws its heartbeat, ends its jobs, then closes the database', async () => {
    const order = ['heartbeat', 'consumer', 'database'];
    const edges = ['device', 'pixel pool', 'queue', 'outbound', 'storage', 'tracing'];
    const all = await stepsOf(service.worker, [...order, ...edges]);
    expect(among(all, order)).toEqual(order);
    for (const edge of edges) expect(all.indexOf(edge)).toBeGreaterThan(all.indexOf('consumer'));
  });

  it('the dispatcher stops its notifications, ends rounds and deliveries, then closes its edges', async () => {
    const work = ['deliveries', 'sweep', 'expiry', 'tidying'];
    const edges = ['queue', 'outbound', 'database'];
    const all = await stepsOf(service.dispatcher, ['notifications', ...work, ...edges]);
    for (const each of work) {
      expect(all.indexOf(each)).toBeGreaterThan(all.indexOf('notifications'));
      for (const edge of edges) expect(all.indexOf(edge)).toBeGreaterThan(all.indexOf(each));
    }
  });

  it('the gateway answers its callers, then closes the feed, the queue and the database', async () => {
    const order = ['callers', 'admin port', 'feed of ended tasks', 'database'];
    const edges = ['queue', 'outbound', 'storage', 'tracing'];
    const all = await stepsOf(service.gateway, [...order, ...edges]);
    expect(among(all, order)).toEqual(order);
    for (const edge of edges) expect(all.indexOf(edge)).toBeGreaterThan(all.indexOf('callers'));
  });
});
