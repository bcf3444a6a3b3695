import { constants } from 'node:os';

/**
 * How a decoder ended:
 * - memory, time: its image went over the limit
 * - crash: by a signal that a process gets only by its own fault
 * - hung: it did not answer in time, and was killed
 * - killed: by others, or for another reason
 * - stopped: because it is not needed any more
 */
export type Cause = 'memory' | 'time' | 'crash' | 'hung' | 'killed' | 'stopped';

export type End = {
  readonly cause: Cause;
  /** The signal or exit code, and the last that it wrote. */
  readonly detail: string;
};

const OWN_SIGNALS = new Set<string>([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);

/** Windows has no signals: these are its exceptions, and the code of an abort. */
const isWindowsCrash = (code: number): boolean =>
  process.platform === 'win32' && (code >= 0xc0000000 || code === 128 + constants.signals.SIGABRT);

export const isCrash = (code: number | null, signal: string | null): boolean =>
  signal === null ? isWindowsCrash(code ?? 0) : OWN_SIGNALS.has(signal);

/** Ends for which the image may be the reason. */
const blamed: ReadonlySet<Cause> = new Set<Cause>(['memory', 'time', 'crash']);

export const isImagesFault = ({ cause }: End): boolean => blamed.has(cause);
