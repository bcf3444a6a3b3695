import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digests } from './digest.js';
import type { Installed } from './installed.js';
import { writePin, type Choice } from './pin.js';
import { proofOf, stamp } from './stamp.js';
import { weightsPath } from './store.js';

/**
 * Gives a verified file on the models folder's disk its final name, in one step: nobody ever sees half of it.
 * Two processes may do so at once, since the later one replaces the same bytes.
 */
export const installFile = async (
  choice: Choice,
  file: string,
  digests: Digests,
  modelsDir: string,
): Promise<Installed> => {
  const { sha256 } = digests;
  const path = weightsPath(sha256, modelsDir);
  await mkdir(dirname(path), { recursive: true });
  const proof = await proofOf(file, sha256);
  await rename(file, path);
  if (proof) await stamp(path, proof);
  if (choice.variant.sha256 === undefined) await writePin(choice, modelsDir, digests);

  return { ...choice, path, sha256 };
};
