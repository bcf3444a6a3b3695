/**
 * Faults of an image:
 * - unsupportedFormat: not a PNG, JPEG or WEBP
 * - damaged: cannot be read to its end
 * - tooLarge: too many pixels, or too long a side
 * - tooManyScans: a JPEG that takes too long to decode
 * - undecodable: takes too much memory or time to decode, or ends the decoder
 * - unfit: the output format cannot hold a result of its size
 */
export type ImageFault =
  'unsupportedFormat' | 'damaged' | 'tooLarge' | 'tooManyScans' | 'undecodable' | 'unfit';

type Facts = {
  /** The limit: pixels for tooLarge and unfit, scans for tooManyScans. */
  readonly max?: number;
};

/**
 * An image is refused. The parameter that held it is unknown here.
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
