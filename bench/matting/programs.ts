import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

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
