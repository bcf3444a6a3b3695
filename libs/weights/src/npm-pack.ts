import { spawn, type SpawnOptionsWithStdioTuple, type StdioNull, type StdioPipe } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { codeOf, WeightsError } from './weights-error.js';

export type NpmPack = {
  readonly package: string;
  /** An existing folder that receives the tarball and nothing else. */
  readonly destination: string;
  readonly cache: string;
  readonly signal?: AbortSignal | undefined;
};

type Piped = SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe>;

type Run = { readonly fault: string | undefined; readonly stdout: string; readonly stderr: string };

const Failure = z.object({ error: z.object({ code: z.string(), summary: z.string() }) });

/** npm by the script that started us, which need not be on the PATH. Other clients set the variable too. */
const spawnNpm = (args: readonly string[], signal: AbortSignal | undefined) => {
  const options: Piped = { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true, ...(signal && { signal }) };
  const script = process.env['npm_execpath'];
  if (script && basename(script) === 'npm-cli.js') return spawn(process.execPath, [script, ...args], options);
  if (process.platform !== 'win32') return spawn('npm', args, options);

  // Node starts .cmd files through a shell only, and leaves the quoting to the caller.
  const quoted = args.map((arg) => `"${arg}"`);
  return spawn('npm.cmd', quoted, { ...options, shell: true });
};

/** Settles after the process has ended, so that its files can be removed. */
const runNpm = async (args: readonly string[], signal: AbortSignal | undefined): Promise<Run> => {
  const child = spawnNpm(args, signal);
  const ended = new Promise<string | undefined>((resolve) => {
    let unstarted: string | undefined;
    child.once('error', (error) => {
      unstarted = codeOf(error) === 'ENOENT' ? 'npm is not on the PATH' : error.message;
    });
    child.once('close', (code, killer) => {
      const exit = code === 0 ? undefined : `npm ended with ${killer ?? `exit code ${code}`}`;
      resolve(unstarted ?? exit);
    });
  });

  const [stdout, stderr, fault] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { fault, stdout, stderr };
};

/** npm says in JSON why it failed, unless it crashed or never started: then its last words are all there is. */
const failureOf = ({ fault, stdout, stderr }: Run): { code?: string; summary: string } => {
  try {
    return Failure.parse(JSON.parse(stdout)).error;
  } catch {
    const lastWords = stderr.trim().split('\n').at(-1);
    return { summary: lastWords ? `${fault}, ${lastWords}` : `${fault}` };
  }
};

/** npm's codes where no registry can be reached at all, so that more tries would only keep a person waiting. */
const OFFLINE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ECONNREFUSED',
  'ENOTCACHED',
]);

const isOffline = (code: string | undefined): boolean => code !== undefined && OFFLINE.has(code);

/** The next step without a network, in words that complete a sentence. */
export const NO_NETWORK =
  'without access to the internet, install the file with "npx clearcut models import" or set MODELS_MIRROR';

const sentence = (npmPackage: string, { code, summary }: { code?: string; summary: string }): string => {
  const reason = summary.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  const named = !code || reason.includes(code) ? reason : `${code}, ${reason}`;

  const next = isOffline(code) ? NO_NETWORK : 'run the same command again';
  return `npm could not fetch the package ${npmPackage}: ${named}; ${next}.`;
};

/**
 * Downloads the tarball of a package by the operator's own npm, with its registry, proxy and certificates.
 * No script of the package runs.
 *
 * @returns the path of the tarball.
 * @throws WeightsError whose cause carries npm's error code.
 */
export const npmPack = async ({
  package: npmPackage,
  destination,
  cache,
  signal,
}: NpmPack): Promise<string> => {
  const folders = ['--pack-destination', destination, '--cache', cache];
  const quiet = ['--json', '--loglevel=error', '--ignore-scripts', '--update-notifier=false'];
  const args = ['pack', npmPackage, ...folders, ...quiet];
  // npm by itself tries for a minute or more, even where there is no network.
  const first = await runNpm([...args, '--fetch-retries=0'], signal);
  const isFinal = !first.fault || isOffline(failureOf(first).code);
  const run = isFinal ? first : await runNpm(args, signal);
  if (run.fault) {
    const failure = failureOf(run);
    throw new WeightsError(sentence(npmPackage, failure), { cause: failure });
  }

  const [tarball] = await readdir(destination);
  if (!tarball) throw new WeightsError(sentence(npmPackage, { summary: 'npm left no tarball behind' }));

  return join(destination, tarball);
};
