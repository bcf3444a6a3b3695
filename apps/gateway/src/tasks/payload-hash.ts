import { createHash } from 'node:crypto';
import { inSlices, type ParsedSource } from '#contract';
import { stringify } from 'safe-stable-stringify';

/** SHA-256 of bytes, hex. In slices, since a large image takes a tenth of a second. */
const digestBytes = async (bytes: Uint8Array): Promise<string> => {
  const hash = createHash('sha256');
  await inSlices(bytes.length, (at, end) => {
    hash.update(bytes.subarray(at, end));
    return end;
  });
  return hash.digest('hex');
};

const imageIdentity = async (source: ParsedSource) => {
  if (source.kind === 'inline') return { sha256: await digestBytes(source.bytes) };
  return source;
};

/** Equal for tasks that ask for the same work, in whatever order and form they were written down. */
export const payloadHash = async (
  parameters: Record<string, unknown>,
  source: ParsedSource,
): Promise<string> => {
  const image = await imageIdentity(source);
  return createHash('sha256')
    .update(`${stringify({ parameters, image })}`)
    .digest('hex');
};
