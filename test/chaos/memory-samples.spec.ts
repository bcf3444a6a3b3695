import { describe, expect, it } from '@jest/globals';
import { drawMemory } from './draw-memory.js';
import { toCsv, trendsOf, type Sample } from './memory-samples.js';
import { createRandom } from './random.js';

const WARM_UP_S = 600;

/** An hour of one process, which grows by so many megabytes, with noise of up to 2 MB. */
const hourOf = (program: Sample['program'], growth: number, pid = 1): Sample[] => {
  const random = createRandom(1);
  return Array.from({ length: 720 }, (_, i) => {
    const warmUp = i < 120 ? (120 - i) / -2 : 0;
    return { atS: i * 5, program, pid, megabytes: 100 + warmUp + (growth * i) / 720 + 4 * (random() - 0.5) };
  });
};

describe('the trend of memory', () => {
  it('is flat for a process with noise alone, whatever its warm-up', () => {
    const [trend] = trendsOf(hourOf('gateway', 0), WARM_UP_S);
    expect(trend).toMatchObject({ program: 'gateway', isFlat: true });
    expect(Math.abs(trend!.megabytesPerHour)).toBeLessThan(1);
  });

  it('rises for a process that leaks', () => {
    const [trend] = trendsOf(hourOf('worker', 12), WARM_UP_S);
    expect(trend).toMatchObject({ program: 'worker', isFlat: false });
    expect(trend!.megabytesPerHour).toBeCloseTo(12, 0);
  });

  it('is not told of a program that was started again', () => {
    const lives = [...hourOf('other worker', 0), ...hourOf('other worker', 0, 2)];
    expect(trendsOf(lives, WARM_UP_S)).toEqual([]);
  });
});

describe('the record of memory', () => {
  const samples = [...hourOf('gateway', 0), ...hourOf('worker', 12)];

  it('has a line for each sample as CSV', () => {
    const lines = toCsv(samples).split('\n');
    expect(lines[0]).toBe('seconds,program,pid,megabytes');
    expect(lines).toHaveLength(samples.length + 2);
  });

  it('has a line for each process as a drawing', () => {
    const svg = drawMemory(samples, WARM_UP_S);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('>gateway<');
  });
});
