/** Where somebody who asks for an image gets its bytes: from a file of this machine, or from another address. */
export type Place =
  | { readonly kind: 'file'; readonly root: string; readonly name: string }
  | { readonly kind: 'elsewhere'; readonly url: string };

export type Asked = { readonly method: 'GET' | 'HEAD'; readonly contentType: string };

/**
 * Where the bytes of images are. Keys are paths of our own making, such as `outputs/ab/<uuid>.png`. Whatever
 * hinders it rejects with a StorageError.
 */
export type Store = {
  /** Durable when it resolves; an existing key is overwritten in one step. */
  readonly write: (key: string, bytes: Uint8Array) => Promise<void>;
  /** @throws TaskError mediaNotFound when the key does not exist */
  readonly read: (key: string) => Promise<Buffer>;
  /** Forgives a key that does not exist. */
  readonly remove: (key: string) => Promise<void>;
  /**
   * For another address it does not look whether the key exists: whoever follows the answer finds out.
   *
   * @throws TaskError mediaNotFound when a file does not exist
   */
  readonly locate: (key: string, asked: Asked) => Promise<Place>;
  /** Lets go of connections. */
  readonly close: () => void;
};

export type Storage = Store & {
  /** Resolves when images can be written now; rejects with the fault. Cheap, since answers are kept for seconds. */
  readonly probe: () => Promise<void>;
};

/** Spreads images over 256 folders by the first two digits of their UUID. */
export const imageKey = (kind: 'inputs' | 'outputs', imageUuid: string, extension: string): string =>
  `${kind}/${imageUuid.slice(0, 2)}/${imageUuid}.${extension}`;
