/**
 * What can be wrong with an image:
 * - unsupportedFormat: it is not a PNG, JPEG or WEBP
 * - damaged: it cannot be read to its end
 * - tooLarge: it has too many pixels, or too long a side
 * - unfit: the output format cannot hold a result of its size
 */
export type ImageFault = 'unsupportedFormat' | 'damaged' | 'tooLarge' | 'unfit';

type Facts = {
  /** Pixels, of tooLarge and unfit. */
  readonly max?: number;
};

/**
 * An image cannot be taken. Which parameter it came in is not known here.
 *
 * @param subject begins the sentence that `what` completes: 'The JPEG', 'has a side of more than 65500 pixels'
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly kind: ImageFault,
    readonly subject: string,
    readonly what: string,
    readonly facts: Facts = {},
    options?: ErrorOptions,
  ) {
    super(`${subject} ${what}.`, options);
  }
}
