import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Raster } from '#matting';
import sharp from 'sharp';
import type { Scene } from './scenes.js';

const cli = fileURLToPath(new URL('../../../tools/clearcut.mjs', import.meta.url));

export type Cut = { readonly scene: Scene; readonly cutout: Raster };

/**
 * The scenes as an installed model cuts them out, by the command line without a server.
 * @param folder a folder of its own, which the caller removes
 */
export const cutByModel = async (
  model: string,
  scenes: readonly Scene[],
  folder: string,
  signal: AbortSignal,
): Promise<Cut[]> => {
  const photos = join(folder, 'photos');
  const cutouts = join(folder, model.replace(/\W/g, '-'));
  await mkdir(photos, { recursive: true });
  for (const { name, photo } of scenes) {
    const raw = { width: photo.width, height: photo.height, channels: 3 as const };
    await sharp(photo.data, { raw })
      .png()
      .toFile(join(photos, `${name}.png`));
  }
  const args = [cli, 'remove', photos, '--local', '--model', model, '--output-format', 'PNG', '-o', cutouts];
  await promisify(execFile)(process.execPath, args, { signal });
  const cuts: Cut[] = [];
  for (const scene of scenes) {
    const opened = sharp(join(cutouts, `${scene.name}.png`)).ensureAlpha();
    const { data, info } = await opened.raw().toBuffer({ resolveWithObject: true });
    cuts.push({ scene, cutout: { data, width: info.width, height: info.height, channels: 4 } });
  }
  return cuts;
};
