import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Model, Variant } from '#models';
import { absentAsUndefined, WeightsError } from './weights-error.js';

/** A model and one of its published files. */
export type Choice = { readonly model: Model; readonly variant: Variant };

/** Its name in messages. */
export const labelOf = ({ model, variant }: Choice): string => `${model.slug} (${variant.name})`;

/** Equal for models that share a file. */
export const fileKey = ({ model, variant }: Choice): string =>
  variant.sha256 ?? variant.md5 ?? `${model.air} ${variant.name}`;

/** The digests of the first download of a file whose sha-256 is not in the catalogue. */
const Pin = z.object({ sha256: z.string(), md5: z.string() });
export type Pin = z.infer<typeof Pin>;

// Some file systems forbid colons in names.
const pinPath = ({ model, variant }: Choice, modelsDir: string): string =>
  join(modelsDir, 'pins', `${model.air.replace(':', '-')}.${variant.name}.json`);

/** @throws WeightsError when the pin is damaged; ignoring it would trust another file */
const parsePin = (text: string, path: string): Pin => {
  try {
    return Pin.parse(JSON.parse(text));
  } catch (cause) {
    throw new WeightsError(
      `${path}, which holds the hash of the first download, is damaged: delete it, and pull or import the model again.`,
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

/** The published or pinned sha-256; `undefined` before a first download pins it. */
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
