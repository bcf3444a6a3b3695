import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskError } from '#contract';
import { token } from '#nest';

/** The bytes of an image while they arrive, in a file, so that a slow caller holds no memory. */
export type SpooledFile = {
  /** @throws TaskError serviceUnavailable when the disk takes no more */
  readonly write: (piece: Uint8Array) => Promise<void>;
  readonly length: () => number;
  readonly read: () => Promise<Buffer>;
  /** Forgets the bytes. */
  readonly drop: () => Promise<void>;
};

export type Spool = { readonly open: () => Promise<SpooledFile> };

export const SPOOL = token<Spool>('spool');

/** @param onError receives the faults of the disk */
export const createSpool = (onError: (error: unknown) => void, folder = tmpdir()): Spool => {
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      onError(cause);
      const message = 'The service has no disk to keep the image on while it arrives; try again.';
      throw new TaskError('serviceUnavailable', message, {}, { cause });
    }
  };

  return {
    open: async () => {
      const path = join(folder, `clearcut-upload-${randomUUID()}`);
      const file = await run(() => open(path, 'wx+', 0o600));
      // The file lives on without a name, and ends with the process. Windows keeps the name until the close.
      await rm(path, { force: true }).catch(() => undefined);
      let length = 0;
      return {
        write: (piece) =>
          run(async () => {
            // Writes all of it, behind what was written before.
            await file.writeFile(piece);
            length += piece.length;
          }),
        length: () => length,
        read: () =>
          run(async () => {
            const bytes = Buffer.allocUnsafeSlow(length);
            for (let at = 0; at < length;) {
              const { bytesRead } = await file.read(bytes, at, length - at, at);
              if (bytesRead === 0) throw new Error('The file ends early.');
              at += bytesRead;
            }
            return bytes;
          }),
        drop: async () => {
          await file.close().catch(onError);
          await rm(path, { force: true }).catch(onError);
        },
      };
    },
  };
};
