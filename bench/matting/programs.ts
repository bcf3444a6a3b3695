import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Kept between runs, since numba caches compiled code there. */
const environment = join('.cache', 'pymatting');
const pymatting = 'pymatting==1.1.16';
const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** The Python of a virtual environment with pymatting, made on first use. Prints why and returns undefined if that fails. */
export const pythonWithPymatting = async (
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<string | undefined> => {
  const stamp = join(environment, pymatting);
  if (existsSync(stamp)) return python;

  await mkdir(environment, { recursive: true });
  try {
    await exec('python3', ['-m', 'venv', environment], { signal });
    await exec(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', pymatting], {
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const [reason] = (error as Error).message.split('\n');
    print(`*** pymatting cannot be installed, so ours is compared with nothing: ${reason} ***`);
    return undefined;
  }
  await writeFile(stamp, '');
  return python;
};

export type Run = {
  readonly alphaS: number;
  readonly foregroundS: number;
  readonly peakBytes: number;
};

/** Runs a program and parses its last line; undefined when it took longer than allowed. */
export const runProgram = async <R extends Run>(
  program: string,
  args: readonly string[],
  limitS: number,
  signal: AbortSignal,
): Promise<R | undefined> => {
  try {
    const { stdout } = await exec(program, args, { signal, timeout: limitS * 1000, killSignal: 'SIGKILL' });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as R;
  } catch (error) {
    if (!signal.aborted && (error as { killed?: boolean }).killed === true) return undefined;
    throw error;
  }
};
