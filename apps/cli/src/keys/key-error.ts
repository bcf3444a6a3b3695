/** A key that is not as the command needs it; the message is one sentence. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}
