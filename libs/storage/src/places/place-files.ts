import type { OpenedImage } from '../storage.js';

/** Why one file of a place cannot be used, whatever happens to the place. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
  /** Nothing is there, or it cannot be read or written. */
  readonly kind: 'missing' | 'unusable';

  /** @param reason in words that complete "the file …", without the path of the place */
  constructor(kind: FileFault['kind'], reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.kind = kind;
  }
}

/** Some paths in their order, and where the next ones begin, if there may be some. */
export type FilePage = { readonly paths: readonly string[]; readonly next: string | undefined };

/**
 * The files of a place that an operator allowed. Paths have slashes, and lead nowhere else. Trouble of the place rejects
 * with a StorageError, and that of one file with a FileFault.
 */
export type PlaceFiles = {
  /**
   * Files below a folder that are wanted, by their paths in the place.
   *
   * @param folder '' for all of the place @param after the `next` of the page before
   * @throws FileFault when there is no such folder
   */
  readonly list: (
    folder: string,
    after: string | undefined,
    isWanted: (path: string) => boolean,
  ) => Promise<FilePage>;
  readonly open: (path: string) => Promise<OpenedImage>;
  /** Writes a file as a whole, and replaces it if it exists. */
  readonly write: (path: string, file: OpenedImage) => Promise<void>;
  readonly close: () => void;
};
