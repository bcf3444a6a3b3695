/** Where a base64 text that was kept apart gives its memory back. */
type Release = () => void;

const HEAD_LENGTH = 64;

/**
 * An image in base64 that stood in a JSON text and was never made a string. It holds the bytes between the quotes,
 * escapes included.
 */
export class LongText {
  readonly length: number;
  /** The first characters, for records of the task. */
  readonly head: string;
  #bytes: Buffer | undefined;
  #release: Release | undefined;

  /** @param release is called once, when the bytes are no longer needed */
  constructor(
    bytes: Buffer,
    readonly isEscaped: boolean,
    release?: Release,
    head = bytes.toString('latin1', 0, HEAD_LENGTH),
  ) {
    this.#bytes = bytes;
    this.#release = release;
    this.length = bytes.length;
    this.head = head;
  }

  /** Hands the bytes over, so that nothing else keeps them. They may be overwritten. */
  take(): Buffer {
    const bytes = this.#bytes;
    if (!bytes) throw new Error('The bytes of this text were taken already.');
    this.#bytes = undefined;
    return bytes;
  }

  /** Says that the bytes are no longer needed. */
  done(): void {
    this.#bytes = undefined;
    this.#release?.();
    this.#release = undefined;
  }

  /** Whether another text has the same bytes. False for texts whose bytes were taken. */
  equals(other: LongText): boolean {
    return this.#bytes !== undefined && other.#bytes !== undefined && this.#bytes.equals(other.#bytes);
  }
}

/** An image that came as a file and not as a text. */
export class ImageFile extends LongText {
  /** @param release is called once, when the bytes are no longer needed */
  constructor(bytes: Buffer, release?: Release) {
    super(bytes, false, release, 'file');
  }
}

/** The text of an image parameter. */
export type ImageText = string | LongText;

/** Works on a text whose bytes nobody needs afterwards. */
export const releasing = async <T>(text: ImageText, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } finally {
    if (text instanceof LongText) text.done();
  }
};

export const isSameText = (a: ImageText, b: ImageText): boolean =>
  a instanceof LongText && b instanceof LongText ? a.equals(b) : a === b;
