import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createWatchdog } from './watchdog.js';

afterEach(() => void jest.useRealTimers());

const open = (limitMs = 100) => {
  jest.useFakeTimers();
  const state = { asked: 0, silences: [] as number[] };
  const watchdog = createWatchdog({
    limitMs,
    isAsked: () => state.asked > 0,
    onSilence: (ms) => void state.silences.push(ms),
  });
  return { ...watchdog, state };
};

describe('the watchdog of a device', () => {
  it('notices that a thread does not answer, counted from its last word', () => {
    const { asked, heard, state } = open();
    state.asked = 2;
    asked();
    jest.advanceTimersByTime(90);
    asked();
    heard();
    jest.advanceTimersByTime(99);
    expect(state.silences).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(state.silences).toEqual([100]);
  });

  it('lets a thread be silent that is asked nothing, or whose answer nobody wants any more', () => {
    const { asked, heard, state } = open();
    heard();
    jest.advanceTimersByTime(1_000);
    state.asked = 1;
    asked();
    state.asked = 0;
    jest.advanceTimersByTime(1_000);
    expect(state.silences).toEqual([]);
  });

  it('gives a thread more time that says so, and any time without a limit', () => {
    const { asked, heard, state } = open();
    state.asked = 1;
    asked();
    heard(500);
    jest.advanceTimersByTime(499);
    expect(state.silences).toEqual([]);
    const unlimited = open(Infinity);
    unlimited.state.asked = 1;
    unlimited.asked();
    jest.advanceTimersByTime(1e9);
    expect(unlimited.state.silences).toEqual([]);
  });
});
