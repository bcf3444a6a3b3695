import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digests } from './digest.js';
import type { Installed } from './installed.js';
import { writePin, type Choice } from './pin.js';
import { proofOf, stamp } from './stamp.js';
import { weightsPath } from './store.js';
import { WeightsError } from './weights-error.js';

/**
 * Renames a verified file on the models folder's disk to its final name, so that no process ever sees a part of it.
 * Two processes may do so at once, as the later one replaces the same bytes.
 *
 * @throws WeightsError when the file's length differs from the digested bytes
 */
export const installFile = async (
  choice: Choice,
  file: string,
  digests: Digests,
  modelsDir: string,
): Promise<Installed> => {
  const { sha256 } = digests;
  const path = weightsPath(sha256, modelsDir);
  const { size } = await stat(file);
  // The digests are of the received bytes; another process may have written to the file.
  if (size !== digests.bytes)
    throw new WeightsError(`${file} has ${size} bytes instead of the ${digests.bytes} that were written.`);
  await mkdir(dirname(path), { recursive: true });
  const proof = await proofOf(file, sha256);
  await rename(file, path);
  if (proof) await stamp(path, proof);
  if (choice.variant.sha256 === undefined) await writePin(choice, modelsDir, digests);

  return { ...choice, path, sha256 };
};
