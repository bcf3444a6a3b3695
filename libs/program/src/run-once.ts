import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ProgramMessage } from './run-program.js';

export type Program = {
  /** The name for operators, such as `gateway`. */
  readonly name: string;
  readonly script: string;
};

/** Signals that a program gets only by its own fault. */
const OWN_SIGNALS = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP']);

export type Ending = {
  /** The program's own reason, or how it exited. Completes "The gateway …". */
  readonly reason: string;
  /** Since it was ready; 0 if it never was. */
  readonly servedMs: number;
  /** 128 and the number of the signal, if one ended it. */
  readonly exitCode: number;
  /** What the program said itself. */
  readonly failure: string | undefined;
  /** Whether the program ended by its own fault, as opposed to a signal of others. */
  readonly isOwnFault: boolean;
  /** By what rows name it. Set for workers. */
  readonly identity: string | undefined;
};

export type Run = { readonly child: ChildProcess; readonly ended: Promise<Ending> };

/** The count of kills of our own control group, or of the machine where that has none. */
const oomCounters = (): string => {
  const [, group] = /^0::(\S+)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
  const own = `/sys/fs/cgroup${group}/memory.events`;
  return group !== undefined && existsSync(own) ? own : '/proc/vmstat';
};

/** How often the kernel killed a process for want of memory; NaN where it does not say. */
const countOomKills = (): number => {
  if (process.platform !== 'linux') return NaN;
  try {
    const [, count] = /^oom_kill (\d+)$/m.exec(readFileSync(oomCounters(), 'utf8')) ?? [];
    return Number(count);
  } catch {
    // Too many files may be open.
    return NaN;
  }
};

/** Time for a program to exit once it said why. A thread in a native call, such as CUDA's, keeps it from that. */
const EXIT_MS = 5_000;

/** Runs a program once, without `env` in our environment, in its own process group: Ctrl-C must reach only the supervisor. */
export const runOnce = (
  { script }: Program,
  env: NodeJS.ProcessEnv | undefined,
  onReady: () => void,
): Run => {
  let readyAtMs: number | undefined;
  const child = fork(script, {
    ...(env && { env }),
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const oomKills = countOomKills();
  let failure: string | undefined;
  let identity: string | undefined;
  let overdue: NodeJS.Timeout | undefined;
  child.on('message', (message: ProgramMessage) => {
    if (message.type === 'ready') {
      readyAtMs = performance.now();
      return onReady();
    }
    if (message.type === 'identity') return void (identity = message.id);
    failure = message.reason;
    overdue = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
  });

  const exit = new Promise<Pick<Ending, 'reason' | 'isOwnFault' | 'exitCode'>>((resolve) => {
    child.once('exit', (code, signal) => {
      clearTimeout(overdue);
      const reason = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      const exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
      const wasOom = signal === 'SIGKILL' && countOomKills() > oomKills;
      resolve(
        wasOom
          ? { reason: `${reason}, since the memory was full`, isOwnFault: true, exitCode }
          : { reason, isOwnFault: signal ? OWN_SIGNALS.has(signal) : code !== 0, exitCode },
      );
    });
    // The event also reports a signal that could not be sent, but then the process still runs.
    child.once('error', ({ message }) => {
      if (child.pid === undefined)
        resolve({ reason: `could not be started: ${message}`, isOwnFault: true, exitCode: 1 });
    });
  });
  // The reason may arrive after the exit event, but before the channel closes.
  const channelClosed = new Promise<void>((resolve) => child.once('disconnect', resolve));

  const end = async (): Promise<Ending> => {
    const how = await exit;
    if (child.connected) await channelClosed;
    const now = performance.now();
    const facts = { failure, identity, servedMs: now - (readyAtMs ?? now) };
    if (failure === undefined) return { ...how, ...facts };
    // We may have had to kill it, but it ended by itself.
    return { ...facts, reason: `failed: ${failure.replace(/\.$/, '')}`, isOwnFault: true, exitCode: 1 };
  };
  return { child, ended: end() };
};
