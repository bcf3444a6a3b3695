/** The service cannot decode, by no fault of the image. */
export class DecoderError extends Error {
  override readonly name = 'DecoderError';
}
