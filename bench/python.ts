import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Where a virtual environment keeps its programs. */
const programs = process.platform === 'win32' ? 'Scripts' : 'bin';

/** The programs of a virtual environment. */
export type Python = { readonly python: string; readonly programOf: (name: string) => string };

/**
 * Makes a virtual environment with a package from PyPI on first use. It is kept, since packages compile code there.
 * Prints why and returns undefined if that fails.
 *
 * @param version such as `pymatting==1.1.16`
 */
export const pythonWith = async (
  name: string,
  version: string,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<Python | undefined> => {
  const environment = join('.cache', name);
  const programOf = (program: string) => join(environment, programs, program);
  const python = programOf('python');
  const stamp = join(environment, version);
  if (existsSync(stamp)) return { python, programOf };

  await mkdir(environment, { recursive: true });
  try {
    await exec('python3', ['-m', 'venv', environment], { signal });
    await exec(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', version], {
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const [reason] = (error as Error).message.split('\n');
    print(`*** ${name} cannot be installed, so ours is compared with nothing: ${reason} ***`);
    return undefined;
  }
  await writeFile(stamp, '');
  return { python, programOf };
};
