import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import type { Item } from './client.js';

const execute = promisify(execFile);

/** What the client's user gets: results, or the raised error. */
export type Ran = {
  readonly results?: Item[];
  readonly error?: Item & { readonly type: string };
  readonly seconds: number;
};

/** A Python client of Runware, installed in its own environment. */
export type PythonClient = {
  /**
   * Like Jest's describe, but skipped with the reason in its title when the client could not be installed.
   */
  readonly describe: (title: string, tests: () => void) => void;
  /** Runs the client's driver in a separate process. */
  readonly run: (request: unknown, more?: NodeJS.ProcessEnv) => Promise<Ran>;
};

const folder = 'test/clients/python';
/** Not in the product's data folder, which a user may back up. */
const cache = '.cache/python';
const INSTALL_MS = 600_000;
const RUN_MS = 100_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const reasonOf = (error: unknown): string => {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
};

const explain = (what: string) => (error: unknown) => {
  throw new Error(`${what}: ${reasonOf(error)}`, { cause: error });
};

const pythonOf = (environment: string) =>
  process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python');

/** If two runs install at once, the first finished installation is kept. */
const install = async (requirements: string, environment: string): Promise<void> => {
  const own = `${environment}.${randomUUID()}`;
  await mkdir(cache, { recursive: true });
  try {
    await execute('python3', ['-m', 'venv', own]).catch(explain('python3 -m venv fails'));
    const options = ['--disable-pip-version-check', '--quiet', '--no-input', '-r', requirements];
    await execute(pythonOf(own), ['-m', 'pip', 'install', ...options], { timeout: INSTALL_MS }).catch(
      explain('pip cannot install what is needed'),
    );
    // The environment can be moved, because python finds its packages relative to itself.
    await rename(own, environment).catch((error: unknown) => {
      if (!existsSync(environment)) throw error;
    });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
};

/** @returns the path of a python that has the required packages */
export const pythonWith = async (requirements: string): Promise<string> => {
  const show = 'import sys; print(sys.version, sys.prefix)';
  const { stdout } = await execute('python3', ['-c', show]).catch(explain('python3 does not run'));
  const hash = createHash('sha256').update(stdout);
  const id = hash.update(await readFile(requirements)).digest('hex');
  const environment = join(cache, `${basename(requirements, '.txt')}-${id.slice(0, 16)}`);
  if (!existsSync(environment)) await install(requirements, environment);
  return pythonOf(environment);
};

const runner =
  (python: string, driver: string) =>
  async (request: unknown, more: NodeJS.ProcessEnv = {}) => {
    // The service is on loopback, which no proxy can reach.
    const env = { ...process.env, NO_PROXY: '*', no_proxy: '*', ...more };
    // -I isolates python from the user's own packages.
    const args = ['-I', driver, JSON.stringify(request)];
    const { stdout } = await execute(python, args, { env, timeout: RUN_MS, maxBuffer: MAX_OUTPUT_BYTES });
    return JSON.parse(stdout) as Ran;
  };

/**
 * Installs a client by pip, with the requirements of that name in test/clients/python. If that fails, it prints a
 * notice; with PYTHON_CLIENTS=required it throws.
 */
export const pythonClient = async (name: string, driver: string): Promise<PythonClient> => {
  try {
    const python = await pythonWith(`${folder}/${name}.txt`);
    return { describe, run: runner(python, `${folder}/${driver}.py`) };
  } catch (error) {
    const { message } = error as Error;
    if (process.env['PYTHON_CLIENTS'] === 'required')
      throw new Error(`The Python client ${name} must be tested, but ${message}`, { cause: error });
    // Not console.warn, because Jest hides it when all tests of a file are skipped.
    process.stderr.write(`\n*** NOTHING is tested with the Python client ${name}: ${message} ***\n`);
    return {
      describe: (title, tests) => describe.skip(`${title}, not run since ${message}`, tests),
      run: () => Promise.reject(error),
    };
  }
};
