import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '#test/until';
import { createPulse, type Pulse } from './pulse.js';

let pulse: Pulse;
afterEach(() => pulse.stop());

const open = (everyMs: number, unprovenMs: number, fault?: string) => {
  const checks: unknown[] = [];
  const breaker = {
    fault: () => fault,
    unprovenMs: () => unprovenMs,
    check: async (probe: () => Promise<unknown>) => void checks.push(await probe()),
  };
  pulse = createPulse({ breaker, probe: async () => 'probed', everyMs });
  return checks;
};

describe('the pulse of a worker', () => {
  it('tests a device that no task has proven for a while', async () => {
    const checks = open(10, 10);
    pulse.start();
    await until('two probes', () => checks.length >= 2);
    expect(checks[0]).toBe('probed');
    expect(pulse.fault()).toBeUndefined();
  });

  it('leaves a device alone that is busy, or whose fault is known', () => {
    for (const [unprovenMs, fault] of [[1], [100, 'it is broken']] as const) {
      const checks = open(20, unprovenMs, fault);
      pulse.start();
      expect(checks).toEqual([]);
      expect(pulse.fault()).toBe(fault);
      pulse.stop();
    }
  });

  it('finds a worker unready whose device was not proven for long', () => {
    open(1_000, 3_500);
    expect(pulse.fault()).toBe('No picture went through the device for 4 s.');
  });

  it('never tests where it has no interval', () => {
    open(Infinity, 1e9);
    pulse.start();
    expect(pulse.fault()).toBeUndefined();
  });
});
