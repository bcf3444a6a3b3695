import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isNativeError } from 'node:util/types';

const run = promisify(execFile);

export type SmallDisk = {
  readonly folder: string;
  /** Fills the disk to the last byte. */
  readonly fill: () => Promise<void>;
  readonly free: () => Promise<void>;
  readonly setReadOnly: () => Promise<void>;
  readonly setWritable: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A disk in memory. Only root on Linux can mount one. */
export const mountSmallDisk = async (megabytes = 8): Promise<SmallDisk> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-disk-'));
  const mount = (options: string) => run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  await mount(`size=${megabytes}m`);
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: async () => {
      const file = await open(filler, 'w');
      try {
        for (;;) await file.write(Buffer.alloc(4096));
      } catch (error) {
        if (!(isNativeError(error) && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler),
    setReadOnly: async () => void (await mount('remount,ro')),
    setWritable: async () => void (await mount('remount,rw')),
    stop: async () => {
      await run('umount', ['--lazy', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const tryMount = async (): Promise<boolean> => {
  try {
    await (await mountSmallDisk()).stop();
    return true;
  } catch {
    // Jest does not show console.warn of a file whose tests are all skipped.
    process.stderr.write('\n*** Only root on Linux may mount a small disk: full disks are NOT tested. ***\n');
    return false;
  }
};

export const canMountDisks = await tryMount();
