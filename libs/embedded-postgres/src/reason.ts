import { statfsSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/** A start writes a lock file, a log and up to one segment of the write-ahead log. */
const leastFreeBytes = 16 * 1024 * 1024;

/** The system's words for a failed file operation, such as "permission denied". */
export function systemReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}

/** Lines that tell no reason: pg_ctl's advice, answers to early clients, and the usual steps of a start. */
const noReason =
  /^(pg_ctl: could not start server|Examine the log output)|FATAL:\s+the database system is|\b(LOG|HINT|DETAIL|STATEMENT):/;

/**
 * Why initdb or the start of a server failed.
 *
 * @param log what the programs of Postgres wrote
 * @param signal the signal that ended initdb or pg_ctl
 */
export function reasonIn(log: string, folder: string, signal?: NodeJS.Signals | null): string {
  // A full disk may have kept the message out of the log.
  if (/No space left|free disk space/.test(log) || isFull(folder))
    return `No space left on device (${folder})`;
  if (signal) return `ended by ${signal}`;

  const lines = log.split(/\r?\n/).filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => !noReason.test(line));
  const line =
    lines.find((line) => line.includes('could not bind')) ??
    telling.find((line) => /\b(FATAL|PANIC|error):/.test(line)) ??
    lines.find((line) => line.includes('was terminated by signal')) ??
    telling.at(-1);
  // A server that is killed writes nothing, and pg_ctl does not tell the signal.
  return line ? withoutLabel(line) : 'it ended without a message, as after SIGKILL';
}

const withoutLabel = (line: string) =>
  line.replace(/^.*?\b(?:LOG|FATAL|PANIC|error):\s+/, '').replace(/\.$/, '');

/** The last lines of a log, which may tell why the server ended. */
const endingLines = 20;

/** Why a server ended by itself, from its log. */
export function endingIn(log: string): string {
  const lines = log.trimEnd().split(/\r?\n/).slice(-endingLines);
  const line =
    lines.findLast((line) => /\bPANIC:/.test(line)) ??
    lines.findLast((line) =>
      /was terminated by|received .* shutdown request|lock file .* (missing|wrong)/.test(line),
    );
  return line ? withoutLabel(line) : 'its log does not say why';
}

export function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < leastFreeBytes;
}
