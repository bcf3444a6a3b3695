import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plainFinishing } from '#contract';
import type { Raster } from '#matting';
import { finish } from '#pipeline';
import type { Bench, Benchmark } from '../benchmark.js';
import { candidates, type Steps } from './candidates.js';
import { cutByModel } from './cut-by-model.js';
import { localColours } from './local-colours.js';
import { edgeFaults, meanError, ownFaults, type EdgeFaults } from './measures.js';
import { networkMask } from './network-mask.js';
import { readPhotos } from './photos.js';
import { drawScene, sceneNames } from './scenes.js';

/** The cutout by these steps. */
export const cutBy = (photo: Raster, mask: Raster, steps: Steps): Raster => {
  const { data, width, height } = photo;
  const own = { data: new Uint8Array(data), width, height, channels: 3 as const };
  return finish(own, mask, { finishing: { ...plainFinishing, ...steps }, opaque: false }).raster;
};

const cellsOf = ({ halo, eaten, thinLost, moved }: Partial<EdgeFaults>): string[] => {
  const level = (value: number | undefined) => value?.toFixed(2) ?? '';
  const share = thinLost === undefined || Number.isNaN(thinLost) ? '' : `${(100 * thinLost).toFixed(1)} %`;
  return [level(halo), level(eaten), share, level(moved)];
};

const line = (name: string, cells: readonly string[]): string =>
  `| ${[name.padEnd(24), ...cells.map((cell) => cell.padStart(9))].join(' | ')} |`;

/** Prints a table: a line for each way to finish the mask. */
const measure = (
  { print, stopping }: Bench,
  title: string,
  ways: Readonly<Record<string, Steps>>,
  faultsOf: (steps: Steps) => Partial<EdgeFaults>,
): void => {
  print(`\n${title}`);
  print(line('steps', ['halo', 'eaten', 'thin lost', 'moved px']));
  print(`| ${['-'.repeat(24), ...Array.from({ length: 4 }, () => `${'-'.repeat(8)}:`)].join(' | ')} |`);
  for (const [name, steps] of Object.entries(ways)) {
    stopping.signal.throwIfAborted();
    print(line(name, cellsOf(faultsOf(steps))));
  }
};

const measureScenes = async (bench: Bench, scale: number, ways: Readonly<Record<string, Steps>>) => {
  for (const name of sceneNames) {
    const scene = await drawScene(name, scale);
    const mask = await networkMask(scene.alpha);
    const { width, height } = scene.photo;
    measure(bench, `${name}, ${width} × ${height}`, ways, (steps) =>
      edgeFaults(scene, cutBy(scene.photo, mask, steps)),
    );
  }
};

const measurePhotos = async (bench: Bench, folder: string, ways: Readonly<Record<string, Steps>>) => {
  for (const { name, photo, mask } of await readPhotos(folder, bench.stopping.signal)) {
    const colours = {
      subject: await localColours(photo, (i) => mask.data[i] === 255),
      background: await localColours(photo, (i) => mask.data[i] === 0),
    };
    measure(bench, `${name}, beside the mask of the default model`, ways, (steps) =>
      ownFaults(mask, colours, cutBy(photo, mask, steps)),
    );
  }
};

/** What installed models make of the scenes, as they come from the network. */
const measureModels = async ({ print, stopping }: Bench, scale: number, models: readonly string[]) => {
  const scenes = await Promise.all(sceneNames.map((name) => drawScene(name, scale)));
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-edges-'));
  try {
    for (const model of models) {
      print(`\n${model}`);
      print(line('scene', ['halo', 'eaten', 'thin lost', 'moved px', 'error']));
      print(`| ${['-'.repeat(24), ...Array.from({ length: 5 }, () => `${'-'.repeat(8)}:`)].join(' | ')} |`);
      for (const { scene, cutout } of await cutByModel(model, scenes, folder, stopping.signal))
        print(
          line(scene.name, [
            ...cellsOf(edgeFaults(scene, cutout)),
            meanError(scene.alpha, cutout).toFixed(2),
          ]),
        );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const run = async (bench: Bench): Promise<void> => {
  const options = {
    folder: { type: 'string' },
    model: { type: 'string', multiple: true },
    scale: { type: 'string' },
    ways: { type: 'string' },
  } as const;
  const { folder, model, scale = '100', ways = '100' } = parseArgs({ args: [...bench.args], options }).values;
  const chosen = Object.fromEntries(Object.entries(candidates).slice(0, Number(ways)));
  bench.print(
    'halo: background left within 6 pixels of the outline; eaten: subject lost there; both in levels.',
  );
  bench.print(
    'thin lost: the share of structures under 9 pixels. moved: how far the outline is out (above 0).',
  );
  if (model) return measureModels(bench, Number(scale), model);
  if (folder !== undefined) return measurePhotos(bench, folder, chosen);
  await measureScenes(bench, Number(scale), chosen);
};

export const edges: Benchmark = {
  about:
    'halo, lost structures and moved edges by refine, on drawn scenes or --folder PATH of photos, or by each --model NAME; --scale 100',
  smallest: ['--scale', '25', '--ways', '3'],
  run,
};
