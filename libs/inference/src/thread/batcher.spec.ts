import { describe, expect, it } from '@jest/globals';
import { until } from '#test/until';
import { NOT_RUN } from '../device-lost.js';
import type { Input, Network } from '../network.js';
import type { DeviceEvent } from '../report.js';
import { createBatcher } from './batcher.js';

const makeNetwork = (path: string, batch: Network['batch']): Network => ({
  path,
  input: { name: 'input', type: 'float32', size: 1 },
  output: { name: 'output', type: 'float32' },
  batch,
});
const [dynamic, other] = [makeNetwork('dynamic', 'dynamic'), makeNetwork('other', 'dynamic')];
const fixed = makeNetwork('fixed', 'fixed');

const OUT_OF_MEMORY =
  'Non-zero status code returned while running Conv node. BFCArena::AllocateRawInternal ' +
  'Failed to allocate memory for requested buffer of size 1073741824';

type Options = {
  readonly maxBatch?: number;
  readonly sizes?: readonly number[];
  readonly lingerMs?: number;
  /** Releases other networks. */
  readonly evictOthers?: () => Promise<boolean>;
  /** Throws what the device would throw for these images. */
  readonly compute?: (path: string, values: readonly number[]) => void;
  readonly load?: (path: string) => Promise<void>;
};

/** A batcher over a device that notes what it runs, as `path 1 2 3`, and may be held in the middle of a run. */
const setUp = ({ maxBatch = 4, sizes, lingerMs = 0, compute, load, evictOthers }: Options = {}) => {
  const ran: string[] = [];
  const events: DeviceEvent[] = [];
  let held = Promise.resolve();
  let lastId = 0;
  const run = async (path: string, images: readonly Input[]) => {
    const values = images.map(([value]) => value!);
    ran.push([path, ...values].join(' '));
    await held;
    compute?.(path, values);
    return { outputs: values.map((value) => Float32Array.of(value)), ms: 1 };
  };
  const batcher = createBatcher({
    maxBatch,
    sizes,
    lingerMs,
    use: async ({ path }, work) => {
      await load?.(path);
      await work({ run: (images) => run(path, images), ...(evictOthers && { evictOthers }) });
    },
    receive: () => undefined,
    onEvent: (event) => events.push(event),
  });
  return {
    ran,
    events,
    cancel: batcher.cancel,
    /** @returns the value that came out and the size of the batch that it ran in */
    add: async (network: Network, value: number, id = ++lastId) => {
      const { output, batchSize } = await batcher.run(id, network, Float32Array.of(value));
      return [output[0], batchSize];
    },
    /** Holds the device in a run of its own until the returned function is called. */
    hold: async () => {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      ran.length = 0;
      const first = batcher.run(-1, fixed, Float32Array.of(0));
      await until('the run that holds the device', () => ran.length);
      ran.length = 0;
      return async () => {
        release();
        await first;
      };
    },
  };
};

describe('batcher', () => {
  it('starts a lone image at once, however long the linger', async () => {
    const { add } = setUp({ lingerMs: 60_000 });
    expect(await add(dynamic, 7)).toEqual([7, 1]);
  });

  it('gathers waiting images into batches of one network, and runs a fixed-batch network image by image', async () => {
    const { add, hold, ran } = setUp({ maxBatch: 3 });
    const release = await hold();
    const all = [1, 2, 3, 4].map((value) => add(dynamic, value));
    all.push(add(other, 5), add(fixed, 6), add(other, 7), add(fixed, 8));
    await release();
    expect((await Promise.all(all)).map(([value]) => value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ran).toEqual(['dynamic 1 2 3', 'other 5 7', 'fixed 6', 'dynamic 4', 'fixed 8']);
  });

  it('does not let many images for one network delay another network', async () => {
    const { add, hold, ran } = setUp();
    const release = await hold();
    const flood = Array.from({ length: 40 }, (_, i) => add(dynamic, i));
    const late = add(other, 99);
    await release();
    await late;
    expect(ran).toEqual(['dynamic 0 1 2 3', 'other 99']);
    await Promise.all(flood);
    expect(ran).toHaveLength(11);
  });

  it('waits for the rest of a burst until the batch is full, and runs other networks meanwhile', async () => {
    const { add, hold, ran } = setUp({ maxBatch: 3, lingerMs: 60_000 });
    const release = await hold();
    const burst = [add(dynamic, 1), add(dynamic, 2)];
    await release();
    expect(await add(other, 9)).toEqual([9, 1]);
    expect(ran).toEqual(['other 9']);
    burst.push(add(dynamic, 3));
    expect(await Promise.all(burst)).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('starts a part-filled batch when the linger is over', async () => {
    const { add, hold } = setUp({ lingerMs: 30 });
    const startMs = performance.now();
    const release = await hold();
    const burst = [add(dynamic, 1), add(dynamic, 2)];
    await release();
    expect((await Promise.all(burst)).map(([, size]) => size)).toEqual([2, 2]);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });

  it('drops an image that was cancelled in its line', async () => {
    const { add, hold, ran, cancel } = setUp();
    const release = await hold();
    const rest = [add(dynamic, 1, 101), add(dynamic, 3, 103)];
    void add(dynamic, 2, 102);
    void add(other, 4, 104);
    cancel(102);
    cancel(104);
    await release();
    await Promise.all(rest);
    expect(ran).toEqual(['dynamic 1 3']);
  });

  it('drops an image that was cancelled while the network was loaded', async () => {
    let loaded = () => {};
    const loading = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    const { add, ran, cancel } = setUp({ load: () => loading });
    void add(dynamic, 1, 101);
    const second = add(dynamic, 2, 102);
    cancel(101);
    loaded();
    expect(await second).toEqual([2, 1]);
    expect(ran).toEqual(['dynamic 2']);
  });

  it('drops an image that was cancelled while a failed batch is split', async () => {
    const set = setUp({
      compute: (_, values) => {
        if (values.length < 2) return;
        set.cancel(104);
        throw new Error('too many');
      },
    });
    const release = await set.hold();
    const rest = [1, 2, 3].map((value) => set.add(dynamic, value, 100 + value));
    void set.add(dynamic, 4, 104);
    await release();
    await Promise.all(rest);
    expect(set.ran).toEqual(['dynamic 1 2 3 4', 'dynamic 1 2', 'dynamic 1', 'dynamic 2', 'dynamic 3']);
  });

  it('rejects only the bad image of a batch', async () => {
    const { add, hold, events } = setUp({
      compute: (_, values) => {
        if (values.includes(3)) throw new Error('indices element out of data bounds');
      },
    });
    const release = await hold();
    const all = Promise.allSettled([1, 2, 3, 4].map((value) => add(dynamic, value)));
    await release();
    const settled = await all;
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(settled[2]).toMatchObject({ reason: { message: 'indices element out of data bounds' } });
    expect(events[0]).toMatchObject({ type: 'batchSplit', path: 'dynamic', size: 4 });
    expect(await add(dynamic, 5)).toEqual([5, 1]);
  });

  it('halves the batches of a network after an out-of-memory error, and of no other network', async () => {
    const { add, hold, ran, events } = setUp({
      maxBatch: 8,
      compute: (path, values) => {
        if (path === 'dynamic' && values.length > 2) throw new Error(OUT_OF_MEMORY);
      },
    });
    for (const round of [0, 10]) {
      const release = await hold();
      const all = [1, 2, 3, 4, 5].map((value) => add(dynamic, round + value));
      all.push(...[6, 7, 8].map((value) => add(other, round + value)));
      await release();
      expect((await Promise.all(all)).map(([value]) => value! - round)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
    expect(events).toMatchObject([
      { type: 'batchLimited', path: 'dynamic', limit: 2, reason: OUT_OF_MEMORY },
    ]);
    expect(ran).toEqual(['dynamic 11 12', 'other 16 17 18', 'dynamic 13 14', 'dynamic 15']);
  });

  it('applies the limit that the first part of a batch has shown to the rest', async () => {
    const { add, hold, ran } = setUp({
      maxBatch: 8,
      compute: (_, values) => {
        if (values.length > 2) throw new Error(OUT_OF_MEMORY);
      },
    });
    const release = await hold();
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map((value) => add(dynamic, value));
    await release();
    await Promise.all(all);
    expect(ran.slice(1)).toEqual([
      'dynamic 1 2 3 4',
      'dynamic 1 2',
      'dynamic 3 4',
      'dynamic 5 6',
      'dynamic 7 8',
    ]);
  });

  it('runs nothing any more once the device is lost, and names the images that were at it', async () => {
    const reason = 'CUDA failure 700: an illegal memory access was encountered';
    const { add, hold, ran, events } = setUp({
      compute: (path) => {
        if (path === 'dynamic') throw new Error(reason);
      },
    });
    const release = await hold();
    const all = [1, 2, 3, 4, 5].map((value) => add(dynamic, value));
    all.push(add(other, 6));
    await release();
    const settled = await Promise.allSettled([...all, add(fixed, 7)]);
    const reasons = settled.map((each) => (each.status === 'rejected' ? (each.reason as Error).message : ''));
    expect(reasons).toEqual([...Array<string>(4).fill(reason), ...Array<string>(3).fill(NOT_RUN)]);
    expect(ran).toEqual(['dynamic 1 2 3 4']);
    expect(events).toEqual([]);
  });

  it('rejects with the error when even one image needs too much memory', async () => {
    const { add } = setUp({
      compute: () => {
        throw new Error('CUDA failure 2: out of memory ; GPU=0');
      },
    });
    await expect(add(dynamic, 1)).rejects.toThrow('out of memory');
  });

  it('releases other networks for one image that does not fit, and runs it again', async () => {
    let others = 1;
    const { add, ran } = setUp({
      compute: () => {
        if (others > 0) throw new Error(OUT_OF_MEMORY);
      },
      evictOthers: async () => others-- > 0,
    });
    expect(await add(dynamic, 1)).toEqual([1, 1]);
    expect(ran).toEqual(['dynamic 1', 'dynamic 1']);
  });

  it('rejects one image that does not fit when there is nothing else to release', async () => {
    const { add, ran } = setUp({
      compute: () => {
        throw new Error(OUT_OF_MEMORY);
      },
      evictOthers: async () => false,
    });
    await expect(add(dynamic, 1)).rejects.toThrow('Failed to allocate memory');
    expect(ran).toEqual(['dynamic 1']);
  });

  it('runs only batches of the sizes that the network is warmed for', async () => {
    const { add, hold, ran } = setUp({ maxBatch: 6, sizes: [1, 2, 4] });
    const release = await hold();
    const all = [1, 2, 3, 4, 5, 6, 7].map((value) => add(dynamic, value));
    await release();
    await Promise.all(all);
    expect(ran).toEqual(['dynamic 1 2 3 4', 'dynamic 5 6', 'dynamic 7']);
  });

  it('rejects all waiting images of a network that cannot be loaded, and loads it again for the next', async () => {
    let loads = 0;
    const { add, hold } = setUp({
      load: async (path) => {
        if (path === 'dynamic' && ++loads === 1) throw new Error('no such file');
      },
    });
    const release = await hold();
    const all = Promise.allSettled([1, 2, 3, 4, 5].map((value) => add(dynamic, value)));
    await release();
    expect((await all).map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(await add(dynamic, 6)).toEqual([6, 1]);
    expect(loads).toBe(2);
  });
});
