import type { ImageBytes } from './image-bytes.js';
import type { TextContent } from './image-text.js';

/** Where an image that was kept apart gives back what it takes. */
type Release = () => void;

/** What the text of an image is, and its bytes if it is base64. */
export type Apart = { readonly content: TextContent; readonly bytes: ImageBytes };

const isSameImage = (a: Apart, b: Apart): boolean =>
  a.bytes.sha256 === b.bytes.sha256 && JSON.stringify(a.content) === JSON.stringify(b.content);

/** The text of an image that stood in a JSON text and was never made a string. It was decoded while it came. */
export class LongText {
  #apart: Apart | undefined;
  #release: Release | undefined;

  /**
   * @param head the first characters, for records of the task
   * @param length of the text between its quotes, escapes included
   * @param release is called once, when the bytes are no longer needed
   */
  constructor(
    readonly head: string,
    readonly length: number,
    apart: Apart,
    release?: Release,
  ) {
    this.#apart = apart;
    this.#release = release;
  }

  /** Hands the image over, so that nothing else keeps it. */
  take(): Apart {
    const apart = this.#apart;
    if (!apart) throw new Error('The image of this text was taken already.');
    this.#apart = undefined;
    return apart;
  }

  /** Says that the bytes are no longer needed. */
  done(): void {
    this.#apart = undefined;
    this.#release?.();
    this.#release = undefined;
  }

  /** Whether another text is as long and names the same image. False for texts that were taken. */
  equals(other: LongText): boolean {
    if (!this.#apart || !other.#apart || this.length !== other.length) return false;
    return isSameImage(this.#apart, other.#apart);
  }
}

/** An image that came as a file and not as a text. */
export class ImageFile extends LongText {
  /** @param release is called once, when the bytes are no longer needed */
  constructor(bytes: ImageBytes, release?: () => void) {
    super('file', bytes.length, { content: { kind: 'inline' }, bytes }, release);
  }
}

/** The text of an image parameter. */
export type ImageText = string | LongText;

/** Works on texts whose bytes nobody needs afterwards. */
export const releasing = async <T>(
  texts: ImageText | readonly ImageText[],
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } finally {
    for (const text of [texts].flat()) if (text instanceof LongText) text.done();
  }
};

export const isSameText = (a: ImageText, b: ImageText): boolean =>
  a instanceof LongText && b instanceof LongText ? a.equals(b) : a === b;
