import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '#errors';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { pythonWith } from '../python.js';
import { median } from '../statistics.js';
import type { Raster } from '#matting';
import { compareHardScenes } from './hard.js';
import { type Run, runProgram } from './programs.js';
import { makeScene, type Scene, sceneNames } from './scenes.js';

type OurRun = Run & {
  readonly iterations: number;
  readonly level: number;
  readonly unknownPixels: number;
};

const megapixels = [0.3, 1.5, 12];

/** The usual sizes below the largest one, and the largest one, in megapixels. */
const sizesUpTo = (kilopixels: number): number[] => [
  ...megapixels.filter((size) => size * 1000 < kilopixels),
  kilopixels / 1000,
];

const ours = fileURLToPath(new URL('run.js', import.meta.url));
const theirs = join('bench', 'matting', 'pymatting_run.py');

const readAlpha = async (file: string): Promise<Float32Array> => {
  const { buffer, byteOffset, byteLength } = await readFile(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
};

/** How far an alpha is from the direct solution, in levels of eight bits. */
const compare = async (folder: string, name: string, unknownPixels: number): Promise<string> => {
  const ours = await readAlpha(join(folder, name));
  const direct = await readAlpha(join(folder, 'direct.f32'));
  let largest = 0;
  let beyond = 0;
  for (let i = 0; i < ours.length; i++) {
    const levels = 255 * Math.abs(ours[i]! - direct[i]!);
    largest = Math.max(largest, levels);
    if (levels > 1) beyond++;
  }
  const share = ((100 * beyond) / unknownPixels).toFixed(2);
  return `${largest.toFixed(2)} levels at most, ${share} % of the unknown pixels beyond one`;
};

/** How far an alpha is from the truth where strokes left it open: the mean, in levels of eight bits. */
const errorOf = (alphaAt: (i: number) => number, trimap: Raster, truth: Raster): string => {
  let [sum, count] = [0, 0];
  for (let i = 0; i < trimap.data.length; i++) {
    if (trimap.data[i] !== 128) continue;
    sum += Math.abs(255 * alphaAt(i) - truth.data[i]!);
    count++;
  }
  return (sum / count).toFixed(2);
};

const describeTouchUp = async (
  { trimap, touchUp }: Scene,
  folder: string,
  hasPymatting: boolean,
): Promise<string | undefined> => {
  if (!touchUp) return undefined;
  const { truth, before } = touchUp;
  const errorIn = async (name: string) => {
    const alpha = await readAlpha(join(folder, name));
    return errorOf((i) => alpha[i]!, trimap, truth);
  };
  const mask = errorOf((i) => before.data[i]! / 255, trimap, truth);
  const theirs = hasPymatting ? `, ${await errorIn('alpha.f32')} by pymatting` : '';
  return `  error where the strokes leave alpha open: ${mask} levels before, ${await errorIn('ours.f32')} after${theirs}`;
};

const seconds = ({ alphaS, foregroundS }: Run): number => alphaS + foregroundS;
const toMb = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
const describeRun = (run: Run): string =>
  `${seconds(run).toFixed(2)} s (alpha ${run.alphaS.toFixed(2)}, foreground ${run.foregroundS.toFixed(2)}), ${toMb(run.peakBytes)}`;

/** Returns the reason where pymatting fails or does not end. Its preconditioner fails on some scenes. */
const runTheirs = async (
  python: string,
  args: readonly string[],
  limitS: number,
  signal: AbortSignal,
): Promise<Run | string> => {
  try {
    return (await runProgram<Run>(python, args, limitS, signal)) ?? `takes more than ${limitS} s`;
  } catch (error) {
    if (signal.aborted) throw error;
    return `fails: ${reasonOf(error).trim().split('\n').at(-1)}`;
  }
};

type Settings = { readonly rounds: number; readonly limit: number; readonly python: string | undefined };

const measure = async (
  scene: Scene,
  { rounds, limit, python }: Settings,
  { print, stopping }: Bench,
  folder: string,
): Promise<void> => {
  const { name, photo, trimap } = scene;
  await writeFile(join(folder, 'photo.rgb'), photo.data);
  await writeFile(join(folder, 'trimap.gray'), trimap.data);
  const args = [folder, String(photo.width), String(photo.height)];
  const { signal } = stopping;

  print(`\n${name}: ${photo.width} × ${photo.height}`);
  const times: number[] = [];
  const memories: number[] = [];
  let unknownPixels = 0;
  for (let round = 1; round <= rounds; round++) {
    const our = await runProgram<OurRun>(process.execPath, [ours, ...args], limit, signal);
    if (!our) throw new Error(`ours took more than ${limit} s`);
    ({ unknownPixels } = our);
    const share = (our.unknownPixels / (photo.width * photo.height)) * 100;
    if (round === 1)
      print(
        `  ${our.unknownPixels} pixels unknown (${share.toFixed(1)} %), ${our.iterations} iterations, halved ${our.level} times`,
      );
    print(`  round ${round}   ours       ${describeRun(our)}`);
    if (!python) continue;
    const direct = round === 1 ? ['direct'] : [];
    const their = await runTheirs(python, [theirs, ...args, ...direct], limit, signal);
    if (typeof their === 'string') {
      print(`  round ${round}   pymatting  ${their}; nothing to compare`);
      return;
    }
    print(`  round ${round}   pymatting  ${describeRun(their)}`);
    times.push(seconds(their) / seconds(our));
    memories.push(their.peakBytes / our.peakBytes);
  }
  const touchUp = await describeTouchUp(scene, folder, python !== undefined);
  if (touchUp) print(touchUp);
  if (!python) return;
  print(
    `  ratio ${median(times).toFixed(1)} in core time, ${median(memories).toFixed(1)} in peak memory (medians)`,
  );
  print(`  ours, off the direct solution: ${await compare(folder, 'ours.f32', unknownPixels)}`);
  print(`  pymatting, off the direct solution: ${await compare(folder, 'alpha.f32', unknownPixels)}`);
};

const run = async (bench: Bench): Promise<void> => {
  const { args, print, stopping, closers } = bench;
  const { rounds, limit, kilopixels } = readCounts(args, { rounds: 3, limit: 300, kilopixels: 12_000 });
  const names = sceneNames();
  if (!names.includes('lemur'))
    print('*** The lemur of pymatting is absent: only drawn scenes are measured. ***');
  const installed = await pythonWith('pymatting', 'pymatting==1.1.16', stopping.signal, print);
  const python = installed?.python;
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-matting-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));

  print(
    'Closed-form alpha and foreground colours, ours and pymatting in turn, a process for each run; core-seconds',
  );
  if (python) await compareHardScenes(bench, folder, python);
  for (const size of sizesUpTo(kilopixels)) {
    for (const name of names) {
      const scene = await makeScene(name, size);
      await measure(scene, { rounds: size > 2 ? 1 : rounds, limit, python }, bench, folder);
    }
  }
};

export const matting: Benchmark = {
  about:
    'closed-form matting against pymatting; --rounds 3 --limit 300 (seconds for a run) --kilopixels 12000',
  smallest: ['--rounds', '1', '--kilopixels', '20'],
  run,
};
