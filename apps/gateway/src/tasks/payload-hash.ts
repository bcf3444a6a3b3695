import { createHash } from 'node:crypto';
import { windowsOf, type ImageBytes, type ParsedSource } from '#contract';
import { stringify } from 'safe-stable-stringify';

/** SHA-256 of an image, hex. */
const digestOf = async (image: ImageBytes): Promise<string> => {
  if (image.sha256 !== undefined) return image.sha256;
  const hash = createHash('sha256');
  for await (const piece of windowsOf(image)) hash.update(piece);
  return hash.digest('hex');
};

const imageIdentity = async (source: ParsedSource) => {
  if (source.kind === 'inline') return { sha256: await digestOf(source.image) };
  return source;
};

/**
 * Equal for tasks that ask for the same work, in whatever order and form they were written down.
 *
 * @param further other images, by their parameters
 */
export const payloadHash = async (
  parameters: Record<string, unknown>,
  source: ParsedSource,
  further: Readonly<Record<string, ParsedSource>> = {},
): Promise<string> => {
  const image = await imageIdentity(source);
  const others: Record<string, unknown> = {};
  for (const [parameter, other] of Object.entries(further)) others[parameter] = await imageIdentity(other);
  // What an older gateway hashed must hash alike, so others count only where there are some.
  const all = { parameters, image, ...(Object.keys(others).length > 0 && { further: others }) };
  return createHash('sha256').update(stringify(all)).digest('hex');
};
