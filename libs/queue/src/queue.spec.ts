import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { HANG_MS, until } from '#test/until';
import {
  createConsumer,
  createTaskQueue,
  OutageError,
  type Consumer,
  type Handler,
  type TaskQueue,
} from './index.js';

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const ignore = () => undefined;

const model = 'runware:109@1';
const jobOf = (taskId: string = randomUUID(), of = model) => ({ taskId, lane: of });

describe.each(backends)('the queue on %s', (backend) => {
  let redis: TestRedis | undefined;
  let config: { DATABASE_URL: string; REDIS_URL?: string };
  let queue: TaskQueue;
  let consumer: Consumer | undefined;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    config = { DATABASE_URL: await freshDatabase(), ...(redis && { REDIS_URL: redis.url }) };
    queue = createTaskQueue(config, ignore);
    await queue.ping();
  });
  afterEach(async () => {
    await consumer?.stop(0);
    consumer = undefined;
  });
  afterAll(async () => {
    await queue.close();
    await redis?.stop();
  });

  const consume = (handle: Handler) => {
    consumer = createConsumer(config, handle, {
      lanes: [model],
      concurrency: 1,
      longestPauseMs: 50,
      onError: ignore,
    });
    consumer.run();
    return consumer;
  };

  it('runs a job that was added twice only once, and forgets it when it is done', async () => {
    const id = randomUUID();
    await queue.add(jobOf(id));
    await queue.add(jobOf(id));
    expect(await queue.has(jobOf(id))).toBe(true);

    const last = randomUUID();
    const seen: string[] = [];
    consume(async ({ taskId }) => {
      seen.push(taskId);
    });
    await until('the job to be gone', async () => !(await queue.has(jobOf(id))));
    await queue.add(jobOf(last));
    await until('the last job', async () => seen.includes(last) && !(await queue.has(jobOf(last))));
    expect(seen).toEqual([id, last]);
  });

  it.each([1, 3, 12])('runs %d jobs that were added together once each, in their order', async (count) => {
    const entries = Array.from({ length: count }, () => ({ taskId: randomUUID() }));
    await queue.addAll(model, entries);
    await queue.addAll(model, entries);
    const seen: string[] = [];
    consume(async ({ taskId }) => {
      seen.push(taskId);
    });
    await until('all jobs', () => seen.length >= count);
    expect(seen).toEqual(entries.map(({ taskId }) => taskId));
    await until('all to be forgotten', async () => !(await queue.has(jobOf(entries.at(-1)?.taskId))));
  });

  it('runs a finished job again when it is added again', async () => {
    const id = randomUUID();
    let runs = 0;
    consume(async () => {
      runs++;
    });
    await queue.add(jobOf(id));
    await until('the end', async () => runs === 1 && !(await queue.has(jobOf(id))));
    await queue.add(jobOf(id));
    await until('the second run', () => runs === 2);
  });

  it('runs a task again that came back to the line while its former job ends', async () => {
    const id = randomUUID();
    let runs = 0;
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    consume(async () => {
      if (++runs === 1) await ended;
    });
    await queue.add(jobOf(id));
    await until('the first run', () => runs === 1);
    const again = { ...jobOf(id), returns: 1 };
    await queue.add(again);
    end();
    await until('the second run', async () => runs === 2 && !(await queue.has(again)));
  });

  it('tries a failing job three times, and marks the last try', async () => {
    const id = randomUUID();
    const tries: boolean[] = [];
    consume(async ({ lastTry }) => {
      tries.push(lastTry);
      throw new Error('the database is away');
    });
    await queue.add(jobOf(id));
    await until('the third try', async () => tries.length === 3 && !(await queue.has(jobOf(id))));
    expect(tries).toEqual([false, false, true]);
  });

  it('restarts a job after each outage without counting a try', async () => {
    const id = randomUUID();
    const tries: boolean[] = [];
    let other = false;
    consume(async ({ taskId, lastTry }) => {
      if (taskId !== id) return void (other = true);
      tries.push(lastTry);
      if (tries.length <= 6) throw new OutageError('the storage is full', Infinity);
      throw new Error('a fault of the job itself');
    });
    await queue.add(jobOf(id));
    await until('some starts', () => tries.length >= 3);
    expect(await queue.has(jobOf(id))).toBe(true);

    // A waiting job holds no slot.
    const next = jobOf();
    await queue.add(next);
    await until('another job', () => other);
    await until('the job to be given up', async () => !(await queue.has(jobOf(id))));
    expect(tries).toEqual([...Array.from({ length: 6 }, () => false), false, false, true]);
  });

  it('keeps a job that waits for the end of an outage when its worker stops', async () => {
    const id = randomUUID();
    let starts = 0;
    const first = consume(async () => {
      starts++;
      throw new OutageError('the storage is full', Infinity);
    });
    await queue.add(jobOf(id));
    await until('the job to be started', () => starts > 0);
    await first.stop(0);
    expect(await queue.has(jobOf(id))).toBe(true);

    const again: boolean[] = [];
    consume(async ({ lastTry }) => {
      again.push(lastTry);
    });
    await until('the job to be done', async () => !(await queue.has(jobOf(id))));
    expect(again).toEqual([false]);
  });

  it('gives a job of an outage to the next worker soon, although the clock of the first was ahead', async () => {
    const id = randomUUID();
    const rightNow = Date.now;
    const wasStarted = new Promise<void>((resolve) => {
      consume(async () => {
        Date.now = () => rightNow() + 3_600_000;
        resolve();
        throw new OutageError('the database is away', Infinity);
      });
    });
    try {
      await queue.add(jobOf(id));
      await wasStarted;
      await consumer?.stop(0);
    } finally {
      Date.now = rightNow;
    }
    consume(async () => undefined);
    await until('the job to be done', async () => !(await queue.has(jobOf(id))));
  });

  it('puts unfinished jobs back when the worker stops, without counting a try', async () => {
    const id = randomUUID();
    let taken = false;
    const first = consume(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          taken = true;
          signal.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    );
    await queue.add(jobOf(id));
    await until('the job to be taken', () => taken);
    await first.stop(0);
    expect(await queue.has(jobOf(id))).toBe(true);

    const again: string[] = [];
    consume(async ({ taskId, lastTry }) => {
      again.push(`${taskId} ${lastTry}`);
    });
    await until('the job to be done', async () => again.length > 0 && !(await queue.has(jobOf(id))));
    expect(again).toEqual([`${id} false`]);
  });

  it('delivers no jobs while paused, and a job that fails meanwhile keeps its tries', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const seen: string[] = [];
    let fail = ignore as () => void;
    const paused = consume(
      ({ taskId, lastTry }) =>
        new Promise((resolve, reject) => {
          seen.push(`${taskId} ${lastTry}`);
          if (seen.length === 1) fail = () => reject(new Error('the machine is broken'));
          else resolve();
        }),
    );
    await queue.add(jobOf(first));
    await until('the job to be taken', () => seen.length === 1);
    await paused.pause();
    await queue.add(jobOf(second));
    fail();
    const waits = async () => {
      const { active, waiting, prioritized } = await queue.counts(model);
      return active === 0 && (waiting ?? 0) + (prioritized ?? 0) === 2;
    };
    await until('both to wait', waits);
    expect(seen).toEqual([`${first} false`]);

    await paused.resume();
    const isDone = async () => !(await queue.has(jobOf(first))) && !(await queue.has(jobOf(second)));
    await until('both to be done', isDone);
    expect(seen.toSorted()).toEqual([`${first} false`, `${first} false`, `${second} false`].toSorted());
  });

  it("shares the worker's slots among models, however many jobs of one model wait", async () => {
    const [busy, quiet] = ['runware:112@5', 'runware:112@6'];
    const order: string[] = [];
    const flood = Array.from({ length: 6 }, () => jobOf(randomUUID(), busy));
    for (const job of flood) await queue.add(job);
    const single = jobOf(randomUUID(), quiet);
    await queue.add(single);
    consumer = createConsumer(
      config,
      async ({ taskId }) => {
        order.push(taskId === single.taskId ? quiet : busy);
        // Blocks until the other model's job was fetched as well, whichever worker connected first.
        await until('the single job to be fetched', async () => {
          return order.includes(quiet) || (await queue.counts(quiet))['active'] === 1;
        });
      },
      { lanes: [busy, quiet], concurrency: 1, longestPauseMs: 50, onError: ignore },
    );
    consumer.run();
    await until('all of them', async () => {
      const left = await Promise.all([...flood, single].map((job) => queue.has(job)));
      return !left.includes(true);
    });
    expect(order).toHaveLength(7);
    // Only the blocking job, and at most one that was being fetched then, may come first.
    expect(order.indexOf(quiet)).toBeLessThanOrEqual(2);
  });

  it('leaves the jobs of other models to other workers', async () => {
    const other = jobOf(randomUUID(), 'runware:110@1');
    const own = jobOf();
    await queue.add(other);
    const seen: string[] = [];
    consume(async ({ taskId }) => {
      seen.push(taskId);
    });
    await queue.add(own);
    await until('our own job', async () => !(await queue.has(own)));
    expect([seen, await queue.has(other)]).toEqual([[own.taskId], true]);
  });

  it('lets jobs in hand finish when the worker has time to stop', async () => {
    const id = randomUUID();
    let finish = ignore as () => void;
    let aborted = false;
    const stopping = consume(
      (_, signal) =>
        new Promise<void>((resolve) => {
          finish = resolve;
          signal.addEventListener('abort', () => (aborted = true));
        }),
    );
    await queue.add(jobOf(id));
    await until('the job to be taken', () => finish !== ignore);
    const stopped = stopping.stop(10_000);
    finish();
    await stopped;
    expect([aborted, await queue.has(jobOf(id))]).toEqual([false, false]);
  });
});

// redisIsInstalled() prints what is skipped, and fails in CI.
(redisIsInstalled() ? describe : describe.skip)('two installations on one Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('see only their own jobs when their QUEUE_PREFIX differs', async () => {
    const of = (QUEUE_PREFIX: string) => ({ DATABASE_URL: '', REDIS_URL: redis.url, QUEUE_PREFIX });
    const [one, other] = [createTaskQueue(of('one'), ignore), createTaskQueue(of('other'), ignore)];
    const [first, second] = [jobOf(), jobOf()];
    await one.add(first);
    await other.add(second);
    expect([await other.has(first), await one.has(second)]).toEqual([false, false]);

    const seen: string[] = [];
    const handle: Handler = async ({ taskId }) => void seen.push(taskId);
    const options = { lanes: [model], concurrency: 1, longestPauseMs: 50, onError: ignore };
    const consumer = createConsumer(of('other'), handle, options);
    consumer.run();
    await until('the job of its installation', async () => !(await other.has(second)));
    await consumer.stop(0);
    expect([seen, await one.has(first)]).toEqual([[second.taskId], true]);
    await Promise.all([one.close(), other.close()]);
  });
});

const DATABASE_URL = 'postgresql://nobody@127.0.0.1:1/nothing';

describe.each([
  ['Postgres', { DATABASE_URL }],
  ['Redis', { DATABASE_URL, REDIS_URL: 'redis://127.0.0.1:1/0' }],
])('a queue without its %s', (_, config) => {
  it('rejects calls soon and can be closed', async () => {
    const queue = createTaskQueue(config, ignore);
    const calls = [queue.add(jobOf()), queue.has(jobOf()), queue.ping()];
    const start = performance.now();
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(performance.now() - start).toBeLessThan(HANG_MS);
    await queue.close();
  });
});
