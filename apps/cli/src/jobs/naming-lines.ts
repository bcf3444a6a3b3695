import { ClearcutError } from '#client';
import type { Manifest } from './read-manifest.js';

/** What a fault of the server says about an image: `images[3]`, or `images[3].name`. */
const AT = /'images\[(\d+)\](?:\.(\w+))?'/g;

/** What is said of an image, for where its line or number stands beside it. */
export const withoutPlace = (message: string): string =>
  message.replaceAll(AT, (_, __, name: string | undefined) => `'${name ?? 'image'}'`);

const placeIn = (parameter: string | undefined): string | undefined =>
  /^images\[(\d+)\]/.exec(parameter ?? '')?.[1];

const told = (
  { message, parameter }: { readonly message: string; readonly parameter?: string | undefined },
  { lines }: Manifest,
): string => {
  const place = placeIn(parameter);
  const line = place === undefined ? undefined : lines[Number(place)];
  if (line === undefined) return message;
  return `Line ${line} of the manifest: ${withoutPlace(message)}`;
};

/**
 * Sends a manifest.
 * @throws Error with the lines of all images that the server refuses; other errors unchanged
 */
export const namingLines = async <T>(manifest: Manifest, send: () => Promise<T>): Promise<T> => {
  try {
    return await send();
  } catch (error) {
    const faults = error instanceof ClearcutError ? error.errors : [];
    if (!faults.some(({ parameter }) => placeIn([parameter ?? []].flat()[0]) !== undefined)) throw error;
    const messages = faults.map((fault) =>
      told({ message: fault.message, parameter: [fault.parameter ?? []].flat()[0] }, manifest),
    );
    throw new Error(messages.join(' '), { cause: error });
  }
};
