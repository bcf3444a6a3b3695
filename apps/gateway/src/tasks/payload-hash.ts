import { createHash } from 'node:crypto';
import type { ParsedSource } from '#contract';
import { stringify } from 'safe-stable-stringify';

/** SHA-256 of bytes, hex. */
const digest = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

const imageIdentity = (source: ParsedSource) => {
  if (source.kind === 'inline') return { sha256: digest(source.bytes) };
  return source;
};

/** Equal for tasks that ask for the same work, in whatever order and form they were written down. */
export const payloadHash = (parameters: Record<string, unknown>, source: ParsedSource): string =>
  digest(`${stringify({ parameters, image: imageIdentity(source) })}`);
