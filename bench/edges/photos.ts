import { execFile } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Raster } from '#matting';
import sharp from 'sharp';

const cli = fileURLToPath(new URL('../../../tools/clearcut.mjs', import.meta.url));

/** A photo of the user, and what the default model sees in it. */
export type OwnPhoto = { readonly name: string; readonly photo: Raster; readonly mask: Raster };

const readRgb = async (file: string): Promise<Raster> => {
  const opened = sharp(file).autoOrient().toColourspace('srgb').removeAlpha();
  const { data, info } = await opened.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: 3 };
};

const readMask = async (file: string): Promise<Raster> => {
  const { data, info } = await sharp(file).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: 1 };
};

/** The photos of a folder with their masks, which the command line makes without a server. */
export const readPhotos = async (folder: string, signal: AbortSignal): Promise<OwnPhoto[]> => {
  const masks = await mkdtemp(join(tmpdir(), 'clearcut-edges-'));
  const args = [cli, 'remove', folder, '--local', '--return-only-mask', '-o', masks];
  await promisify(execFile)(process.execPath, args, { signal });
  const names = (await readdir(masks)).toSorted();
  const files = await readdir(folder);
  const read = async (name: string): Promise<OwnPhoto[]> => {
    const stem = name.slice(0, -extname(name).length);
    const file = files.find((each) => each.slice(0, -extname(each).length) === stem);
    if (file === undefined) return [];
    return [
      { name: file, photo: await readRgb(join(folder, file)), mask: await readMask(join(masks, name)) },
    ];
  };
  const photos: OwnPhoto[] = [];
  for (const name of names) photos.push(...(await read(name)));
  return photos;
};
