import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closedFormAlpha } from '#matting';
import { hardScene, kinds } from '../../libs/matting/test/hard-scenes.js';
import type { Bench } from '../benchmark.js';

const exec = promisify(execFile);
const program = join('bench', 'matting', 'hard_scenes.py');
const SEEDS = [1, 2];

/** The largest distances from a direct solution, in levels of eight bits. */
type Off = { readonly name: string; readonly ours: number; readonly theirs: number };

const writeScene = async (folder: string, kind: (typeof kinds)[number], seed: number) => {
  const { photo, trimaps } = hardScene(kind, seed);
  const scenes: object[] = [];
  for (const [i, trimap] of trimaps.entries()) {
    const solved = closedFormAlpha(photo, trimap);
    if (!solved.solved) throw new Error(`matting of ${kind} ended with ${solved.obstacle}`);
    const name = `${kind}-${seed}-${i}`;
    await writeFile(join(folder, `${name}.rgb`), photo.data);
    await writeFile(join(folder, `${name}.gray`), trimap.data);
    await writeFile(join(folder, `${name}.f32`), solved.alpha.data);
    scenes.push({ name, width: photo.width, height: photo.height });
  }
  return scenes;
};

/** The scenes that the tests hold against our own direct solution, against one by SciPy. */
export const compareHardScenes = async (
  { print, stopping }: Bench,
  folder: string,
  python: string,
): Promise<void> => {
  const scenes: object[] = [];
  for (const kind of kinds) for (const seed of SEEDS) scenes.push(...(await writeScene(folder, kind, seed)));
  await writeFile(join(folder, 'scenes.json'), JSON.stringify(scenes));
  const { stdout } = await exec(python, [program, folder], { signal: stopping.signal });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const all = lines.map((line) => JSON.parse(line) as Off);
  if (all.length !== scenes.length) throw new Error(`${all.length} of ${scenes.length} scenes were compared`);

  print('\nHard scenes, off a direct solution by SciPy: levels of eight bits, at most');
  const most = (of: readonly Off[], who: 'ours' | 'theirs') =>
    Math.max(...of.map((off) => off[who])).toFixed(2);
  for (const kind of kinds) {
    const own = all.filter(({ name }) => name.startsWith(`${kind}-`));
    print(`  ${kind.padEnd(24)}ours ${most(own, 'ours')}   pymatting ${most(own, 'theirs')}`);
  }
  print(`  ${`all ${all.length}`.padEnd(24)}ours ${most(all, 'ours')}   pymatting ${most(all, 'theirs')}`);
};
