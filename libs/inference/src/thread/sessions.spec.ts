import { describe, expect, it } from '@jest/globals';
import { until } from '#test/until';
import { networkKey, type Network } from '../network.js';
import { createSessions } from './sessions.js';

const network = (path: string): Network => ({
  path,
  input: { name: 'input', type: 'float32', size: 1 },
  output: { name: 'output', type: 'float32' },
  batch: 'fixed',
});
const [a, b, c] = [network('a'), network('b'), network('c')];

/** Sessions of 40 bytes each, which before they are loaded are taken for 30. */
const setUp = (budgetBytes: number) => {
  const story: string[] = [];
  const sessions = createSessions({
    open: async ({ path }) => {
      story.push(`open ${path}`);
      return {
        bytes: 40,
        run: async () => ({ outputs: [], ms: 0 }),
        release: async () => void story.push(`release ${path}`),
      };
    },
    estimateBytes: async () => 30,
    budgetBytes,
    onEvent: () => undefined,
  });
  return { ...sessions, story, touch: (one: Network) => sessions.use(one, async () => undefined) };
};

describe('sessions', () => {
  it('opens each network once, also for simultaneous requests', async () => {
    const { touch, story } = setUp(Infinity);
    await Promise.all([touch(a), touch(a), touch(b), touch(a)]);
    expect(story).toEqual(['open a', 'open b']);
  });

  it('opens a file once per description of it', async () => {
    const { touch, story } = setUp(Infinity);
    const other = { ...a, output: { ...a.output, name: 'other' } };
    for (const one of [a, other, { ...other }, a]) await touch(one);
    expect(story).toEqual(['open a', 'open a']);
  });

  it('releases the least recently used session when the next one does not fit, and opens it again', async () => {
    const { touch, story, list } = setUp(100);
    for (const one of [a, b, a, c, b]) await touch(one);
    expect(story).toEqual(['open a', 'open b', 'release b', 'open c', 'release a', 'open b']);
    expect(list()).toEqual([
      { key: networkKey(c), path: 'c', bytes: 40 },
      { key: networkKey(b), path: 'b', bytes: 40 },
    ]);
  });

  it('releases others afterwards when a session is larger than estimated', async () => {
    const { touch, story } = setUp(75);
    for (const one of [a, b]) await touch(one);
    expect(story).toEqual(['open a', 'open b', 'release a']);
  });

  it('keeps a session above the whole budget alone', async () => {
    const { touch, story } = setUp(10);
    for (const one of [a, a, b]) await touch(one);
    expect(story).toEqual(['open a', 'release a', 'open b']);
  });

  it('never releases a session in use', async () => {
    const { use, touch, story } = setUp(10);
    let finish = () => {};
    const working = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const inUse = use(a, () => working.then(() => void story.push('worked with a')));
    const next = touch(b);
    await until('the load', () => story.length);
    finish();
    await Promise.all([inUse, next]);
    expect(story).toEqual(['open a', 'worked with a', 'release a', 'open b']);
  });

  it('releases all others when a network does not fit, and opens it again', async () => {
    const story: string[] = [];
    let isFull = true;
    const sessions = createSessions({
      open: async ({ path }) => {
        story.push(`open ${path}`);
        if (path === 'c' && isFull) throw new Error('CUDA failure 2: out of memory');
        return {
          bytes: 1,
          run: async () => ({ outputs: [], ms: 0 }),
          release: async () => {
            story.push(`release ${path}`);
            isFull = false;
          },
        };
      },
      estimateBytes: async () => 1,
      budgetBytes: Infinity,
      onEvent: () => undefined,
    });
    await expect(sessions.use(c, async () => 1)).rejects.toThrow('out of memory');
    for (const one of [a, b, c]) await sessions.use(one, async () => undefined);
    expect(story).toEqual(['open c', 'open a', 'open b', 'open c', 'release a', 'release b', 'open c']);

    await sessions.use(a, async (_, evictOthers) => {
      expect(await evictOthers()).toBe(true);
      expect(await evictOthers()).toBe(false);
    });
    expect(sessions.list().map(({ path }) => path)).toEqual(['a']);
  });

  it('serves the next request after a failed opening and after failed work', async () => {
    const sessions = createSessions({
      open: async ({ path }) => {
        if (path === 'a') throw new Error('no graph');
        return { bytes: 1, run: async () => ({ outputs: [], ms: 0 }), release: async () => undefined };
      },
      estimateBytes: async () => 1,
      budgetBytes: Infinity,
      onEvent: () => undefined,
    });
    await expect(sessions.use(a, async () => 1)).rejects.toThrow('no graph');
    await expect(sessions.use(b, () => Promise.reject(new Error('bad work')))).rejects.toThrow('bad work');
    expect(await sessions.use(b, async () => 2)).toBe(2);
  });
});
