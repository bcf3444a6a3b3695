/** A proxy made no tunnel. `what` completes the sentence that begins with the address. */
export class TunnelError extends Error {
  override readonly name = 'TunnelError';

  constructor(
    readonly kind: 'proxyAway' | 'unreachable',
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`It ${what}.`, options);
  }
}
