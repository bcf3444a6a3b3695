import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Model } from '#models';
import { createDigester, differenceOf, digestsOf, type Digester, type Digests } from './digest.js';
import { freeBytesOf, requireSpace } from './free-space.js';
import { dataPath } from './http/partial.js';
import { installFile } from './install.js';
import type { Installed } from './installed.js';
import { labelOf, type Choice } from './pin.js';
import { expectedOf, explain, requireAcceptance, type PullOptions } from './pull.js';
import { absentAsUndefined, WeightsError } from './weights-error.js';
import { sweepWorkFolders, withWorkFolder } from './work-folder.js';

/** The named variant, or the one whose published hash the file has. */
const choose = (model: Model, variantName: string | undefined, digests: Digests): Choice => {
  const fits = model.variants.filter(({ name, sha256, md5 }) =>
    variantName === undefined ? sha256 === digests.sha256 || md5 === digests.md5 : name === variantName,
  );
  const [variant] = fits.length === 0 && model.variants.length === 1 ? model.variants : fits;
  if (variant) return { model, variant };

  const names = model.variants.map(({ name }) => name).join(', ');
  throw new WeightsError(
    variantName === undefined
      ? `The file has the sha-256 ${digests.sha256}, by which no file of ${model.air} is known (${names}).`
      : `${model.air} has no variant ${variantName}: name one of ${names}.`,
  );
};

const copy = async (file: string, target: string, digester: Digester, signal?: AbortSignal) => {
  const watched = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      digester.update(piece);
      yield piece;
    }
  };
  const source = createReadStream(file, { highWaterMark: 1 << 20 });
  await pipeline(source, watched, createWriteStream(target, { flush: true }), signal ? { signal } : {});
};

const sizeOf = async (file: string): Promise<number> => {
  const found = await stat(file).catch(absentAsUndefined);
  if (!found) throw new WeightsError(`The file ${file} is not there.`);
  if (!found.isFile()) throw new WeightsError(`${file} is not a regular file.`);
  return found.size;
};

const install = async (file: string, choice: Choice, options: PullOptions): Promise<Installed> => {
  const { modelsDir, consent = {}, signal, freeBytes = freeBytesOf } = options;
  requireAcceptance(choice, consent);
  const expected = await expectedOf(choice, modelsDir, consent);
  const bytes = await sizeOf(file);

  return withWorkFolder(modelsDir, 'import', async (work) => {
    await requireSpace({ label: labelOf(choice), bytes, folder: modelsDir }, freeBytes);
    const digester = createDigester();
    await copy(file, dataPath(work), digester, signal);
    const digests = digester.digests();
    const difference = differenceOf(digests, expected);
    if (difference) throw new WeightsError(`${file} ${difference}: it is not ${labelOf(choice)}.`);
    return installFile(choice, dataPath(work), digests, modelsDir);
  });
};

/**
 * Installs a copy of a local file, for sites without internet access.
 *
 * @param variantName found by the file's hash when absent
 * @throws WeightsError with one sentence for the operator
 */
export const importWeights = async (
  model: Model,
  file: string,
  variantName: string | undefined,
  options: PullOptions,
): Promise<Installed> => {
  await sizeOf(file);
  const choice = choose(model, variantName, await digestsOf(file, options.signal));
  try {
    await sweepWorkFolders(options.modelsDir, options.progress.note);
    return await install(file, choice, options);
  } catch (error) {
    throw await explain(error, choice, options);
  }
};
