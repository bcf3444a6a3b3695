import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Catalogue } from '#models';
import { faultOf } from './digest.js';
import { resumeKey } from './fetch-weights.js';
import { findInstalled, type InspectOptions, type Installed } from './installed.js';
import { knownSha256, removePin, type Choice } from './pin.js';
import { proofOf, removeWithStamp, stamp, unstamp } from './stamp.js';
import { placesOf, weightsPath } from './store.js';
import { absentAsUndefined } from './weights-error.js';
import { forgetResumable } from './work-folder.js';

/** A file of the catalogue, with its path when it is installed. */
export type Entry = Choice & { readonly installed: Installed | undefined };

export const choicesOf = (catalogue: Catalogue): readonly Choice[] =>
  [...catalogue.values()].flatMap((model) => model.variants.map((variant) => ({ model, variant })));

/** Every file of the catalogue. */
export const listWeights = async (
  catalogue: Catalogue,
  options: InspectOptions,
): Promise<readonly Entry[]> => {
  const entries: Entry[] = [];
  for (const choice of choicesOf(catalogue))
    entries.push({ ...choice, installed: await findInstalled(choice, options) });
  return entries;
};

/** Installed files that the catalogue does not list, such as those of rows removed from the models file. */
export const strayWeights = async (catalogue: Catalogue, modelsDir: string): Promise<readonly string[]> => {
  const known = new Set<string>();
  for (const choice of choicesOf(catalogue)) {
    const sha256 = await knownSha256(choice, modelsDir);
    if (sha256 !== undefined) known.add(weightsPath(sha256, modelsDir));
  }
  const folder = dirname(weightsPath('', modelsDir));
  const names = (await readdir(folder).catch(absentAsUndefined)) ?? [];
  return names
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(folder, name))
    .filter((path) => !known.has(path));
};

const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(absentAsUndefined)) !== undefined;

/** A file in the models folder, with its fault if it has one. */
export type Verdict = Choice & { readonly path: string; readonly fault: string | undefined };

/** Verifies the whole content of every installed file, whatever its stamp says. */
export const verifyWeights = async (
  choices: readonly Choice[],
  { modelsDir, signal }: InspectOptions,
): Promise<readonly Verdict[]> => {
  const verdicts = new Map<string, Verdict>();
  for (const choice of choices) {
    const sha256 = await knownSha256(choice, modelsDir);
    if (sha256 === undefined) continue;
    for (const path of placesOf(sha256, modelsDir)) {
      const proof = await proofOf(path, sha256);
      if (verdicts.has(path) || proof === undefined) continue;
      const fault = await faultOf(path, { ...choice.variant, sha256 }, signal);
      if (fault) await unstamp(path);
      else await stamp(path, proof);
      verdicts.set(path, { ...choice, path, fault });
    }
  }
  return [...verdicts.values()];
};

/**
 * Deletes the file of a variant, its pin and its interrupted download. Models that share the file lose it, too.
 *
 * @returns the deleted paths
 */
export const removeWeights = async (choice: Choice, modelsDir: string): Promise<readonly string[]> => {
  const sha256 = await knownSha256(choice, modelsDir);
  const removed: string[] = [];
  for (const path of sha256 === undefined ? [] : placesOf(sha256, modelsDir)) {
    if (!(await isThere(path))) continue;
    await removeWithStamp(path);
    removed.push(path);
  }
  await removePin(choice, modelsDir);
  await forgetResumable(modelsDir, resumeKey(choice, { ...choice.variant, sha256 }));
  return removed;
};
