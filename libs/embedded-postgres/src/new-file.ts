import { fchownSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.js';
import { systemReason } from './reason.js';

/**
 * Creates exclusively: as root we write into a folder where another user may have planted a link. Opens for appending,
 * since several programs write to a log.
 */
export function openNew({ home, account }: Place, name: string, content = ''): number {
  const path = join(home, name);
  try {
    rmSync(path, { force: true });
    const fd = openSync(path, 'ax', 0o600);
    if (account) fchownSync(fd, account.uid, account.gid);
    writeFileSync(fd, content, { flush: true });
    return fd;
  } catch (cause) {
    throw new Error(`The file ${path} cannot be written: ${systemReason(cause)}.`, { cause });
  }
}
