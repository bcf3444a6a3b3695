import { afterEach, describe, expect, it } from '@jest/globals';
import { OutageError } from '#queue';
import { StorageError } from '#storage';
import { createLogger } from '#telemetry';
import { until } from '#test/until';
import { createOutagePause, type OutagePause } from './outage-pause.js';

const full = new OutageError('the storage for images is full', Infinity, {
  cause: new StorageError('No space is left.', { operation: 'write', kind: 'full' }),
});
const away = new OutageError('the database cannot be used', Infinity, { cause: new Error('away') });

let pause: OutagePause;
afterEach(() => pause.stop());

const open = (longestPauseMs: number) => {
  const state = { takes: true, pauses: 0 };
  pause = createOutagePause({ longestPauseMs, log: createLogger('test', 'silent') });
  pause.begin({
    pause: async () => void Object.assign(state, { takes: false, pauses: state.pauses + 1 }),
    resume: async () => void (state.takes = true),
  });
  return state;
};

describe('the pause of a worker whose storage is in trouble', () => {
  it('begins at the third failure in a row, ends by itself, and begins again at the next failure', async () => {
    const state = open(50);
    pause.failed(full);
    pause.failed(full);
    expect([state.takes, pause.fault()]).toEqual([true, undefined]);

    pause.failed(full);
    expect([state.takes, pause.fault()]).toEqual([false, 'the storage for images is full']);
    await until('tasks to be taken again', () => state.takes);
    expect(pause.fault()).toBe('the storage for images is full');

    await until('another pause', () => {
      if (state.takes) pause.failed(full);
      return state.pauses > 1;
    });
  });

  it('has no reason after a success, and the count begins anew', () => {
    const state = open(60_000);
    pause.failed(full);
    pause.failed(full);
    pause.succeeded();
    pause.failed(full);
    expect([state.takes, pause.fault()]).toEqual([true, undefined]);
  });

  it('is not for other outages, which other means wait out', () => {
    const state = open(60_000);
    for (let i = 0; i < 5; i++) pause.failed(away);
    expect([state.takes, pause.fault()]).toEqual([true, undefined]);
  });
});
