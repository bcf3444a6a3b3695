import { openSource, type Source } from './source.js';
import type { Platform, RefineImage, RemoveOptions } from './types.js';

/** The images of `refine` as the server gets them. */
export type RefineSources = { readonly [name in RefineImage]?: Source };

const names = ['hint', 'base'] as const satisfies readonly RefineImage[];

/** @throws InputError when an image cannot be read here */
export const openRefine = async (
  { refine }: Pick<RemoveOptions, 'refine'>,
  platform: Platform,
): Promise<RefineSources> => {
  const sources: Partial<Record<RefineImage, Source>> = {};
  for (const name of names) {
    const image = refine?.[name];
    if (image !== undefined) sources[name] = await openSource(image, platform);
  }
  return sources;
};

/** Changes when an image does. */
export const refineStamp = (sources: RefineSources): string =>
  names.flatMap((name) => (sources[name] ? [` ${name} ${sources[name].stamp}`] : [])).join('');

/** What is XORed into the last digit of the UUID. */
const turns: Readonly<Record<RefineImage, number>> = { hint: 1, base: 2 };

/** The upload of an image of `refine`, the same each time for one upload of the photo. */
const uploadUuidOf = (uploadUUID: string, name: RefineImage): string => {
  const last = Number.parseInt(uploadUUID.slice(-1), 16);
  return `${uploadUUID.slice(0, -1)}${(last ^ turns[name]).toString(16)}`;
};

/** Uploads what must be. */
export const refineTexts = async (
  sources: RefineSources,
  uploadUUID: string,
  textOf: (source: Source, uploadUUID: string) => Promise<string>,
): Promise<{ readonly [name in RefineImage]?: string }> => {
  const texts: Partial<Record<RefineImage, string>> = {};
  for (const name of names) {
    const source = sources[name];
    if (source) texts[name] = await textOf(source, uploadUuidOf(uploadUUID, name));
  }
  return texts;
};
