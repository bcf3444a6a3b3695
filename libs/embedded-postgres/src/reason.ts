import { statfsSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/** A start writes its lock file, a log and possibly one segment of the write-ahead log. */
const leastFreeBytes = 16 * 1024 * 1024;

/** Why a file operation failed, in the words of the system: "permission denied", "no space left on device". */
export function systemReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}

/** The one line of a log of Postgres that says why it gave up. */
export function reasonIn(log: string, folder: string): string {
  // On a full disk the log may not have taken a message either.
  if (/No space left|free disk space/.test(log) || isFull(folder))
    return `No space left on device (${folder})`;

  const lines = log.split(/\r?\n/).filter((line) => line.trim() !== '');
  const line =
    lines.find((line) => line.includes('could not bind')) ??
    lines.find((line) => /\b(FATAL|PANIC|error):/.test(line)) ??
    lines.at(-1);
  return line?.replace(/^.*?\b(?:LOG|FATAL|PANIC|error):\s+/, '').replace(/\.$/, '') ?? 'it left no message';
}

/** How many of the last lines of a log may be about the end of the server. */
const endingLines = 20;

/** The line of a log of Postgres that says why a server ended which nobody stopped. */
export function endingIn(log: string): string {
  const lines = log.trimEnd().split(/\r?\n/).slice(-endingLines);
  const line =
    lines.findLast((line) => /\bPANIC:/.test(line)) ??
    lines.findLast((line) =>
      /was terminated by|received .* shutdown request|lock file .* (missing|wrong)/.test(line),
    );
  return line?.replace(/^.*?\b(?:LOG|FATAL|PANIC):\s+/, '').replace(/\.$/, '') ?? 'its log does not say why';
}

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < leastFreeBytes;
}
