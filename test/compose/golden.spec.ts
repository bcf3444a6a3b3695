import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseTask, toRemoval, type Removal } from '#contract';
import { decode } from '#imaging';
import type { Device } from '#inference';
import { defaultModel, defaultVariant } from '#models';
import { createCutOutStages, cutOut, openPixelPool, type CutOutResult } from '#pipeline';
import { createStopwatch } from '#telemetry';
import sharp from 'sharp';
import { pythonWith } from '#test/python-client';
import { backgroundPng, cutPng } from './scene.js';

const execute = promisify(execFile);

/** Options as callers send them. `draw_goldens.py` reads the same. */
const cases: Readonly<Record<string, Record<string, unknown>>> = {
  hugging: {},
  'hugging-margin': { margin: 12, background: { color: '#f2efe9' } },
  'share-margin': { margin: '15%', background: { color: '#102030' } },
  ratio: { aspectRatio: '4:5', margin: '8%', background: { color: '#ffffff' } },
  'wide-ratio': { aspectRatio: '21:9', anchor: 'right', background: { color: '#e0e0e0' } },
  'down-scaled': { width: 90, height: 120, margin: 6, background: { color: '#ffffff' } },
  'up-scaled': { width: 400, height: 400, margin: '7.5%', background: { color: '#ffffff' } },
  'upscale-limit': { width: 500, height: 500, maxUpscale: 1.2, anchor: 'bottom-left', margin: 20 },
  'largest-part': { trim: { part: 'largest' }, margin: 10, background: { color: '#d8e4f0' } },
  'high-threshold': { trim: { threshold: 200 }, margin: 8, background: { color: '#ffffff' } },
  'whole-frame': { trim: { part: 'none' }, width: 300, height: 300, background: { color: '#ffeedd' } },
  'cover-crop': { width: 160, height: 90, fit: 'cover', maxUpscale: 8, background: { color: '#ffffff' } },
  'own-size': { width: 320, height: 240, fit: 'none', anchor: 'top-right', background: { color: '#ccddcc' } },
  'half-transparent': { width: 200, height: 200, background: { color: '#3355ff80' } },
  'gradient-down': { margin: 20, background: { gradient: { from: '#ffffff', to: '#8090a0' } } },
  'gradient-angle': {
    width: 260,
    height: 180,
    background: { gradient: { from: '#ff8000', to: '#0040ff60', angle: 55 } },
  },
  'image-cover': { width: 240, height: 240, background: { image: 'data:,', color: '#223344' } },
  'image-contain': {
    width: 240,
    height: 240,
    background: { image: 'data:,', fit: 'contain', color: '#ffffff' },
  },
  'blurred-photo': { width: 220, height: 260, margin: '10%', background: { blur: 5 } },
  'wide-blur': { width: 220, height: 260, margin: '10%', background: { blur: '6%' } },
  'drop-shadow': { margin: 40, background: { color: '#ffffff' }, shadow: {} },
  'wide-shadow': {
    margin: 60,
    background: { color: '#f4f4f4' },
    shadow: { offsetX: 14, offsetY: '6%', blur: 15, opacity: 0.6, color: '#301010' },
  },
  'hard-shadow': { margin: 30, shadow: { offsetX: -9, offsetY: 7, blur: 0, opacity: 1, color: '#ff000080' } },
  'contact-shadow': {
    width: 300,
    height: 300,
    margin: '15%',
    background: { color: '#ffffff' },
    shadow: { type: 'contact' },
  },
  outline: { margin: 12, outline: { width: 7, color: '#ffcc00' }, background: { color: '#405060' } },
  sticker: {
    width: 256,
    height: 256,
    margin: '4%',
    trim: { part: 'largest' },
    outline: { width: '3.3%' },
    shadow: { offsetY: 3, blur: 2.5 },
  },
};

const size = 8;
const variant = {
  ...defaultVariant(defaultModel),
  input: { ...defaultVariant(defaultModel).input, size },
  output: { type: 'float32', activation: 'sigmoid', normalise: 'none' } as const,
};
const served = { model: defaultModel, variant, sha256: '', network: {} as never };

/** A network that keeps everything, so that the alpha of the picture itself is what is composed. */
const keepAll: Device['run'] = async (_, input) => ({
  input,
  batchSize: 1,
  ms: 0,
  output: new Float32Array(size * size).fill(40),
});

const removalOf = (compose: Record<string, unknown>): Removal => {
  const task = { taskType: 'removeBackground', taskUUID: '5b0c1e9e-3d0a-4b86-9a4e-0f6f6d0a7a11' };
  const parsed = parseTask({ ...task, inputImage: 'data:,', model: defaultModel.air, compose });
  return toRemoval(parsed as Parameters<typeof toRemoval>[0]);
};

const rgbaOf = (png: Uint8Array): Promise<Buffer> => sharp(png).ensureAlpha().raw().toBuffer();

/** Transparent pixels have no colour, so colours count by their alpha. */
const meanDifferences = (ours: Buffer, theirs: Buffer): number[] => {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < ours.length; i += 4)
    for (let c = 0; c < 4; c++) {
      const [a, b] = c === 3 ? [1, 1] : [ours[i + 3]! / 255, theirs[i + 3]! / 255];
      sums[c]! += Math.abs(ours[i + c]! * a - theirs[i + c]! * b);
    }
  return sums.map((sum) => sum / (ours.length / 4));
};

const pixels = openPixelPool(1, 1);
let folder: string;
let background: Buffer;
let cut: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-goldens-'));
  [cut, background] = await Promise.all([cutPng(), backgroundPng()]);
});
afterAll(async () => {
  await pixels.close();
  await rm(folder, { recursive: true, force: true });
});

const compose = (options: Record<string, unknown>): Promise<CutOutResult> => {
  const limits = { maxSide: 4000, maxPixels: 4e6 };
  const stages = createCutOutStages({
    decode: (bytes) => decode(bytes, limits),
    device: { run: keepAll } as Device,
    pixels,
    effort: 2,
    limits,
  });
  const { finishing } = removalOf(options);
  const request = { parameter: 'inputImage', outputFormat: 'PNG', outputQuality: 95, finishing } as const;
  const further = new Map([['compose.background.image', background]]);
  const work = { bytes: cut, further, request, served };
  return cutOut(stages)(work, createStopwatch(), new AbortController().signal);
};

type Facts = { readonly width: number; readonly height: number; readonly subject: readonly number[] };

/** @returns the facts of each case, and no facts when Python is absent */
const drawGoldens = async (): Promise<Record<string, Facts> | undefined> => {
  try {
    const python = await pythonWith('test/compose/requirements.txt');
    const target = await mkdtemp(join(tmpdir(), 'clearcut-goldens-by-pillow-'));
    await writeFile(join(target, 'cases.json'), JSON.stringify(cases));
    await writeFile(join(target, 'cut.png'), await cutPng());
    await writeFile(join(target, 'background.png'), await backgroundPng());
    const { stdout } = await execute(python, ['-I', 'test/compose/draw_goldens.py', target]);
    goldens = target;
    return JSON.parse(stdout) as Record<string, Facts>;
  } catch (error) {
    if (process.env['PYTHON_CLIENTS'] === 'required') throw error;
    process.stderr.write(`\n*** NO composition is compared with Pillow: ${(error as Error).message} ***\n`);
    return undefined;
  }
};

let goldens = '';
const facts = await drawGoldens();
afterAll(() => rm(goldens, { recursive: true, force: true }));

// Without Python and Pillow, drawGoldens() prints what is skipped, and fails in CI.
(facts ? describe : describe.skip)('a composition compared with Pillow, which needs Python', () => {
  it.each(Object.entries(cases))('is the same picture: %s', async (name, options) => {
    const { encoded, finish } = await compose(options);
    const golden = await readFile(join(goldens, `${name}.png`));
    const { width, height, subject } = facts![name]!;
    const { x, y, width: wide, height: high } = finish.composition!.subject!;
    expect(finish.composition).toMatchObject({ width, height });
    expect([x, y, wide, high]).toEqual(subject);
    const differences = meanDifferences(await rgbaOf(encoded), await rgbaOf(golden));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  });
});
