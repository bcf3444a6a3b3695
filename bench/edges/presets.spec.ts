import { describe, expect, it } from '@jest/globals';
import { candidates } from './candidates.js';
import { cutBy } from './edges.js';
import { edgeFaults, type EdgeFaults } from './measures.js';
import { networkMask } from './network-mask.js';
import { drawScene } from './scenes.js';

const measure = async (name: string, way: string): Promise<{ plain: EdgeFaults; refined: EdgeFaults }> => {
  const scene = await drawScene(name, 100);
  const mask = await networkMask(scene.alpha);
  const faultsOf = (steps: string) => edgeFaults(scene, cutBy(scene.photo, mask, candidates[steps]!));
  return { plain: faultsOf('none'), refined: faultsOf(way) };
};

describe('the presets of refine', () => {
  it.each(['straight edge', 'white box', 'bottle'])('product leaves less halo at a %s', async (name) => {
    const { plain, refined } = await measure(name, 'preset product');
    expect(refined.halo).toBeLessThan(plain.halo / 5);
    expect(refined.eaten).toBeLessThan(plain.eaten / 3);
    expect(Math.abs(refined.moved)).toBeLessThan(0.02);
  });

  it('hair keeps strands and takes the background from between them', async () => {
    const { plain, refined } = await measure('hair', 'preset hair');
    expect(refined.halo).toBeLessThan(plain.halo / 20);
    expect(refined.thinLost).toBeLessThan(plain.thinLost / 10);
  });

  it('thin keeps spokes', async () => {
    const { plain, refined } = await measure('wheel', 'preset thin');
    expect(refined.halo).toBeLessThan(plain.halo);
    expect(refined.thinLost).toBeLessThan(plain.thinLost / 5);
  });
});

describe('the measures of edges', () => {
  it('find nothing in the truth, and a moved edge where it moved', async () => {
    const scene = await drawScene('straight edge', 100);
    const { width, height, data } = scene.alpha;
    const cut = (alpha: (i: number) => number) => ({
      data: Uint8Array.from({ length: width * height * 4 }, (_, at) =>
        at % 4 === 3 ? alpha(at >> 2) : scene.subject.data[3 * (at >> 2) + (at % 4)]!,
      ),
      width,
      height,
      channels: 4 as const,
    });
    const none = edgeFaults(
      scene,
      cut((i) => data[i]!),
    );
    expect(none).toMatchObject({ eaten: 0, moved: 0 });
    expect(none.halo).toBeCloseTo(0, 5);
    // Two pixels lower, so the subject begins later.
    const late = edgeFaults(
      scene,
      cut((i) => data[i - 2 * width] ?? 0),
    );
    expect(late.moved).toBeCloseTo(-2, 1);
    expect(late.halo).toBeCloseTo(0, 5);
    const early = edgeFaults(
      scene,
      cut((i) => data[i + 2 * width] ?? 255),
    );
    expect(early.moved).toBeCloseTo(2, 1);
    expect(early.eaten).toBe(0);
  });
});
