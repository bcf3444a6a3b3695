import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));

export type Ended = { readonly code: number; readonly out: string; readonly err: string };

/**
 * Runs `npx clearcut …` to its end, without the bootstrap that installs and builds.
 * @param onError gets all of stderr so far
 */
export const clearcut = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onError: (err: string) => void = () => undefined,
): Promise<Ended> => {
  const child = spawn(process.execPath, [main, 'cli', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    err += piece;
    onError(err);
  });
  const [out, code] = await Promise.all([text(child.stdout), ended]);
  return { code, out, err };
};
