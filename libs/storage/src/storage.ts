import type { Readable } from 'node:stream';
import type { ImageBytes } from '#contract';

/** Where a client gets the bytes of an image: a local file, or another address. */
export type Place =
  | { readonly kind: 'file'; readonly root: string; readonly name: string }
  | { readonly kind: 'elsewhere'; readonly url: string };

/** The bytes of an image on their way out. Whoever opened it reads or destroys the stream. */
export type OpenedImage = { readonly bytes: number; readonly stream: Readable };

/** Stored bytes: how many, and when they were written by the clock of the storage. */
export type StoredFile = { readonly key: string; readonly writtenAt: Date; readonly bytes: number };

/** Bytes of a file system. Those that only root may use count as used. */
export type Space = { readonly usedBytes: number; readonly limitBytes: number };

export type ImageRequest = {
  readonly method: 'GET' | 'HEAD';
  readonly contentType: string;
  /** Seconds for which a client may keep the image. */
  readonly maxAgeS: number;
};

/**
 * Keeps the bytes of images. Keys are paths of our own, such as `outputs/ab/<uuid>.png`. Faults reject with a
 * StorageError.
 */
export type Store = {
  /** Durable when it resolves. Replaces an existing key atomically. An image in a file is copied piece by piece. */
  readonly write: (key: string, image: Uint8Array | ImageBytes) => Promise<void>;
  /** @throws TaskError mediaNotFound when the key does not exist */
  readonly read: (key: string) => Promise<Buffer>;
  /**
   * Like `read`, but the bytes come piece by piece.
   * @throws TaskError mediaNotFound when the key does not exist
   */
  readonly open: (key: string) => Promise<OpenedImage>;
  /** Succeeds when the key does not exist. */
  readonly remove: (key: string) => Promise<void>;
  /**
   * Says where the image is. Only local files are checked for existence.
   * @throws TaskError mediaNotFound when a file does not exist
   */
  readonly locate: (key: string, asked: ImageRequest) => Promise<Place>;
  /** What lies directly in a folder of keys, such as `outputs/ab`, unfinished writes included. */
  readonly list: (folder: string) => Promise<StoredFile[]>;
  /** The room of the file system that holds the images. Undefined where a store does not tell. */
  readonly space: () => Promise<Space | undefined>;
  /** Closes the connections. */
  readonly close: () => void;
};

export type Storage = Store & {
  /** Resolves when images can be written now, else rejects with the fault. Results are cached for seconds. */
  readonly probe: () => Promise<void>;
};

/** The folders that hold images, unfinished writes of them, and those of probes. */
export const storedFolders: readonly string[] = [
  'probes',
  ...(['inputs', 'outputs'] as const).flatMap((kind) =>
    Array.from({ length: 256 }, (_, i) => `${kind}/${i.toString(16).padStart(2, '0')}`),
  ),
];

/** Whether the image came from a caller. */
export const isOriginal = (storageKey: string): boolean => storageKey.startsWith('inputs/');

/** Spreads images over 256 folders by the first two digits of their UUID. */
export const imageKey = (kind: 'inputs' | 'outputs', imageUuid: string, extension: string): string =>
  `${kind}/${imageUuid.slice(0, 2)}/${imageUuid}.${extension}`;

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const imagePattern = new RegExp(`^(?:inputs|outputs)/[0-9a-f]{2}/(${uuid})\\.[a-z]+$`);
const unfinishedPattern = new RegExp(`\\.${uuid}\\.tmp$`);

/** The UUID of the image that a key made by `imageKey` names. */
export const imageIdOf = (key: string): string | undefined => imagePattern.exec(key)?.[1];

/** Whether the key is that of a write to disk that did not end. */
export const isUnfinished = (key: string): boolean => unfinishedPattern.test(key);
