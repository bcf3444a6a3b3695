import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasRoom, layOut } from './layout.js';
import type { ComposeOptions } from './options.js';
import { toPlan } from './plan.js';

const place = (options: ComposeOptions, width: number, height: number) =>
  layOut(toPlan(options), { width, height });

describe('the layout of a composition', () => {
  it('is the subject itself without options', () => {
    expect(place({}, 30, 20)).toEqual({
      canvas: { width: 30, height: 20 },
      subject: { x: 0, y: 0, width: 30, height: 20 },
    });
  });

  it.each([
    ['center', 25, 50],
    ['top', 25, 0],
    ['bottom', 25, 100],
    ['top-left', 25, 0],
    ['bottom-right', 25, 100],
  ] as const)('fits a subject within the margins, at %s', (anchor, x, y) => {
    const options: ComposeOptions = { width: 150, height: 250, margin: 25, anchor };
    const { subject } = place(options, 50, 50);
    expect(subject).toEqual({ x, y: y + 25, width: 100, height: 100 });
  });

  it.each([
    [{ margin: 10 }, 120, 70],
    [{ margin: '10%' }, 112, 62],
    [{ aspectRatio: '1:1' }, 100, 100],
    [{ aspectRatio: '1:1', margin: 10 }, 120, 120],
    [{ aspectRatio: '2:1', margin: '25%' }, 200, 100],
    [{ margin: 5, outline: { width: 5 } }, 120, 70],
  ] as const)('makes the smallest canvas for %j', (options, width, height) => {
    const { canvas, subject } = place(options, 100, 50);
    expect(canvas).toEqual({ width, height });
    expect([subject.width, subject.height]).toEqual([100, 50]);
  });

  it.each([
    ['contain', 4, 200, 100],
    ['contain', 1.5, 150, 75],
    ['cover', 16, 400, 200],
    ['none', 4, 100, 50],
  ] as const)('scales by %s, and enlarges %s times at most', (fit, maxUpscale, width, height) => {
    const { subject } = place({ width: 200, height: 200, fit, maxUpscale }, 100, 50);
    expect([subject.width, subject.height]).toEqual([width, height]);
  });

  it('keeps the subject within the margins of every canvas that has room', () => {
    const side = fc.integer({ min: 1, max: 4000 });
    const share = fc.integer({ min: 0, max: 45 });
    fc.assert(
      fc.property(side, side, side, side, share, (width, height, wide, high, percent) => {
        const plan = toPlan({ width, height, margin: `${percent}%` });
        fc.pre(hasRoom(plan));
        const { subject } = layOut(plan, { width: wide, height: high });
        const margin = Math.round((percent / 100) * Math.min(width, height));
        expect(Math.min(subject.x, subject.y)).toBeGreaterThanOrEqual(margin);
        expect(subject.x + subject.width).toBeLessThanOrEqual(width - margin);
        expect(subject.y + subject.height).toBeLessThanOrEqual(height - margin);
      }),
    );
  });

  it('never gives a larger subject a smaller canvas', () => {
    const side = fc.integer({ min: 1, max: 4000 });
    const ratio = fc.constantFrom(undefined, '1:1', '4:5', '21:9', '9:16');
    const options = fc.record({ aspectRatio: ratio, percent: fc.integer({ min: 0, max: 45 }) });
    fc.assert(
      fc.property(side, side, fc.nat(500), options, (width, height, more, { aspectRatio, percent }) => {
        const plan = toPlan({ ...(aspectRatio && { aspectRatio }), margin: `${percent}%` });
        const [small, large] = [width, width + more].map(
          (each) => layOut(plan, { width: each, height }).canvas,
        );
        expect(large!.width).toBeGreaterThanOrEqual(small!.width);
        expect(large!.height).toBeGreaterThanOrEqual(small!.height);
      }),
    );
  });
});
