import { describe, expect, it } from '@jest/globals';
import { createActivity } from './activity.js';

describe('the activity of a worker', () => {
  it('counts tasks in hand, and how long none began or ended', async () => {
    let nowMs = 0;
    const activity = createActivity(() => nowMs);
    let end = () => undefined as void;
    const handle = activity.watch(() => new Promise<void>((resolve) => (end = resolve)));
    nowMs = 10;
    expect([activity.inHand(), activity.idleMs()]).toEqual([0, 10]);

    const handled = handle({ taskId: 'task', lastTry: false }, new AbortController().signal);
    expect([activity.inHand(), activity.idleMs()]).toEqual([1, 0]);

    nowMs = 30;
    end();
    await handled;
    expect([activity.inHand(), activity.idleMs()]).toEqual([0, 0]);
  });

  it('takes no fault of its own for activity', async () => {
    let nowMs = 0;
    let faults = 0;
    const activity = createActivity(
      () => nowMs,
      () => faults,
    );
    const handle = activity.watch(async () => {
      nowMs += 10;
      faults++;
    });
    for (let i = 0; i < 40; i++)
      await handle({ taskId: 'task', lastTry: false }, new AbortController().signal);
    // The first two faults may be those of the tasks, so what began after them counts.
    expect(activity.idleMs()).toBe(400 - 20);
  });

  it('counts a task that failed as ended', async () => {
    const activity = createActivity();
    const handle = activity.watch(() => Promise.reject(new Error('fault')));
    await expect(handle({ taskId: 'task', lastTry: true }, new AbortController().signal)).rejects.toThrow();
    expect(activity.inHand()).toBe(0);
  });
});
