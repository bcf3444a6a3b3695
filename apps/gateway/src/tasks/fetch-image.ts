import { createHash } from 'node:crypto';
import { downloadInto } from '#boundary';
import type { ImageBytes } from '#contract';
import { token } from '#nest';
import type { Outbound } from '#outbound';
import type { IntakeMemory } from '../door/intake-memory.js';
import type { Spool, Spooled } from '../door/spool.js';

/**
 * Fetches an image from an address and works on it. A large one lies in a file until then, as one that was sent.
 *
 * @throws TaskError downloadFailed, invalidInputImageURL, maxImageSizeExceeded or serviceUnavailable, and what the
 *   work throws
 */
export type FetchImage = <T>(
  ownerId: string,
  from: { readonly url: string; readonly parameter: string },
  work: (image: ImageBytes) => Promise<T>,
) => Promise<T>;

export const FETCH_IMAGE = token<FetchImage>('fetch image');

type Needs = {
  readonly memory: IntakeMemory;
  readonly outbound: Pick<Outbound, 'fetchInto'>;
  readonly spool: Spool;
};

/** What a fetch takes besides its file: a buffer, a connection, and pieces that wait for the garbage collector. */
const FETCH_BYTES = 2 * 1024 * 1024;

const landOn = (spooled: Spooled) => {
  const hash = createHash('sha256');
  return {
    take: async (piece: Uint8Array) => {
      hash.update(piece);
      spooled.push(piece);
      await spooled.settle();
    },
    finish: async (): Promise<ImageBytes> => {
      await spooled.finish();
      return spooled.imageAt(0, spooled.length(), hash.digest('hex'));
    },
    drop: spooled.drop,
  };
};

export const createFetchImage =
  ({ memory, outbound, spool }: Needs): FetchImage =>
  async (ownerId, from, work) => {
    const lease = memory.open(ownerId);
    try {
      await lease.reserve(FETCH_BYTES);
      const landed = await downloadInto(outbound, from, () => landOn(spool.open(ownerId)));
      try {
        return await work(await landed.finish());
      } finally {
        await landed.drop();
      }
    } finally {
      lease.end();
    }
  };
