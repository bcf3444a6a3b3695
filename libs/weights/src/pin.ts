import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Model, Variant } from '#models';
import { absentAsUndefined, WeightsError } from './weights-error.js';

/** A published file of a model, by both names. */
export type Choice = { readonly model: Model; readonly variant: Variant };

/** What messages call it. */
export const labelOf = ({ model, variant }: Choice): string => `${model.slug} (${variant.name})`;

/** The same for models that share a file. */
export const fileKey = ({ model, variant }: Choice): string =>
  variant.sha256 ?? variant.md5 ?? `${model.air} ${variant.name}`;

/** What was found on the first download of a file whose sha-256 is not in the catalogue. */
const Pin = z.object({ sha256: z.string(), md5: z.string() });
export type Pin = z.infer<typeof Pin>;

// A colon may not stand in a file name everywhere.
const pinPath = ({ model, variant }: Choice, modelsDir: string): string =>
  join(modelsDir, 'pins', `${model.air.replace(':', '-')}.${variant.name}.json`);

/** @throws WeightsError when the pin is broken: to do without it would trust another file */
const parsePin = (text: string, path: string): Pin => {
  try {
    return Pin.parse(JSON.parse(text));
  } catch (cause) {
    throw new WeightsError(
      `${path}, which keeps the hash of what was downloaded first, is damaged: delete it, and pull or import the model anew.`,
      { cause },
    );
  }
};

const readPin = async (choice: Choice, modelsDir: string): Promise<Pin | undefined> => {
  const path = pinPath(choice, modelsDir);
  const text = await readFile(path, 'utf8').catch(absentAsUndefined);
  if (text === undefined) return undefined;

  const pin = parsePin(text, path);
  const { md5 } = choice.variant;
  return md5 === undefined || md5 === pin.md5 ? pin : undefined;
};

/** The sha-256 that the file must have: as published, else as it was pinned; `undefined` before that. */
export const knownSha256 = async (choice: Choice, modelsDir: string): Promise<string | undefined> =>
  choice.variant.sha256 ?? (await readPin(choice, modelsDir))?.sha256;

export const writePin = async (choice: Choice, modelsDir: string, { sha256, md5 }: Pin): Promise<void> => {
  const path = pinPath(choice, modelsDir);
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify({ sha256, md5 })}\n`);
  await rename(fresh, path);
};

export const removePin = (choice: Choice, modelsDir: string): Promise<void> =>
  rm(pinPath(choice, modelsDir), { force: true });
