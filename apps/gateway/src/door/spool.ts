import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskError, type ImageBytes } from '#contract';
import { token } from '#nest';
import type { IntakeMemory } from './intake-memory.js';

/** The images of one request while they arrive: the first bytes in memory, more of them in a file. */
export type Spooled = {
  /** Waits for room on the disk if so many bytes need a file. @throws TaskError serviceUnavailable */
  readonly reserve: (bytes: number, longestMs?: number) => Promise<void>;
  /** Adds bytes behind the others. They are in memory until the next `settle`. */
  readonly push: (piece: Uint8Array) => void;
  /**
   * Moves bytes to the file if there are too many in memory. Nothing is added meanwhile.
   *
   * @throws TaskError serviceUnavailable when the disk takes no more
   */
  readonly settle: () => Promise<void> | undefined;
  /** No more bytes come. @throws TaskError serviceUnavailable */
  readonly finish: () => Promise<void>;
  readonly length: () => number;
  readonly memoryBytes: () => number;
  /** Some of the bytes as an image. Only behind `finish`. */
  readonly imageAt: (start: number, end: number, sha256: string) => ImageBytes;
  /** Forgets the bytes. */
  readonly drop: () => Promise<void>;
};

export type Spool = {
  /** @param owner id; undefined for a caller without a known key */
  readonly open: (owner: string | undefined) => Spooled;
  /** Whether somebody has waited for room for more than two seconds. */
  readonly isCrowded: () => boolean;
};

export const SPOOL = token<Spool>('spool');

/** The bytes that base64 of that length stands for at most. */
export const decodedBytes = (length: number): number => Math.ceil((length * 3) / 4);

/** A body that waits for the disk holds hardly any memory. Proxies give up a body that stands still for a minute. */
export const BODY_WAIT_MS = 45_000;

/** More bytes than these lie in a file. */
export const SPOOL_MEMORY_BYTES = 256 * 1024;
/** What comes before the next `settle`, as long as a read from a socket. */
const SPARE_BYTES = 64 * 1024;
const FULL_BYTES = SPOOL_MEMORY_BYTES + SPARE_BYTES;
const FIRST_BYTES = 4 * 1024;
/** Buffers that are kept for the next image. */
const MAX_IDLE = 8;

/** Full buffers are used again: memory that is given back soon leaves much garbage. */
const createBuffers = () => {
  const idle: Buffer[] = [];
  return {
    take: (bytes: number): Buffer =>
      (bytes === FULL_BYTES ? idle.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes),
    give: (buffer: Buffer) => {
      if (buffer.length === FULL_BYTES && idle.length < MAX_IDLE) idle.push(buffer);
    },
  };
};

/** A file that lives on without a name, and ends with the process. Windows keeps the name until the close. */
const openUnnamed = async (folder: string) => {
  const path = join(folder, `clearcut-upload-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path, { force: true }).catch(() => undefined);
  return { file, path };
};

const readFully = async (file: FileHandle, at: number, into: Buffer): Promise<Buffer> => {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) throw new Error('The file ends early.');
    done += bytesRead;
  }
  return into;
};

type Needs = {
  readonly disk: IntakeMemory;
  /** Receives the faults of the disk. */
  readonly onError: (error: unknown) => void;
  readonly folder?: string;
};

export const createSpool = ({ disk, onError, folder = tmpdir() }: Needs): Spool => {
  const buffers = createBuffers();
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      onError(cause);
      const message = 'The service has no disk to keep the image on while it arrives; try again.';
      throw new TaskError('serviceUnavailable', message, {}, { cause });
    }
  };

  const openSpooled = (owner: string | undefined): Spooled => {
    const room = disk.open(owner);
    let buffer: Buffer = Buffer.alloc(0);
    let filled = 0;
    let written = 0;
    let opened: Awaited<ReturnType<typeof openUnnamed>> | undefined;
    let flushing: Promise<void> | undefined;
    let isDropped = false;

    const grow = (needed: number) => {
      const wanted = Math.max(needed, Math.min(FULL_BYTES, Math.max(FIRST_BYTES, 2 * buffer.length)));
      const larger = buffers.take(wanted);
      larger.set(buffer.subarray(0, filled));
      buffer = larger;
    };

    const flushNow = async () => {
      room.need(written + filled);
      await run(async () => {
        opened ??= await openUnnamed(folder);
        // Goes behind what was written before.
        await opened.file.writeFile(buffer.subarray(0, filled));
      });
      written += filled;
      filled = 0;
    };
    const flush = () => (flushing = flushNow());

    const readFile = (file: FileHandle, start: number, end: number, scratch?: Buffer) => {
      const length = Math.max(0, end - start);
      const into = scratch && scratch.length >= length ? scratch : Buffer.allocUnsafeSlow(length);
      return run(() => readFully(file, start, into.subarray(0, length)));
    };

    return {
      reserve: async (bytes, longestMs) => {
        if (bytes > SPOOL_MEMORY_BYTES) await room.reserve(bytes, longestMs);
      },
      push: (piece) => {
        if (isDropped) return;
        if (filled + piece.length > buffer.length) grow(filled + piece.length);
        buffer.set(piece, filled);
        filled += piece.length;
      },
      settle: () => (filled > SPOOL_MEMORY_BYTES && !isDropped ? flush() : undefined),
      finish: async () => {
        if (!opened || isDropped) return room.keep(0);
        if (filled > 0) await flush();
        room.keep(written);
        buffers.give(buffer);
        buffer = Buffer.alloc(0);
      },
      length: () => written + filled,
      memoryBytes: () => buffer.length,
      imageAt: (start, end, sha256) => {
        const length = end - start;
        const file = opened?.file;
        if (!file) {
          const whole = buffer.subarray(start, end);
          return { length, sha256, whole, read: async (from, to) => whole.subarray(from, to) };
        }
        const read: ImageBytes['read'] = (from, to, scratch) =>
          readFile(file, start + from, Math.min(start + to, end), scratch);
        return { length, sha256, read };
      },
      drop: async () => {
        if (isDropped) return;
        isDropped = true;
        // Its fault was told to who waits for it.
        await flushing?.catch(() => undefined);
        buffer = Buffer.alloc(0);
        await opened?.file.close().catch(onError);
        if (opened) await rm(opened.path, { force: true }).catch(onError);
        room.end();
      },
    };
  };

  return { open: openSpooled, isCrowded: disk.isCrowded };
};
