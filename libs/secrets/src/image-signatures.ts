import type { Secrets } from './secrets.js';

/** The query of an image's address. Values of a repeated name come as a list. */
export type ImageQuery = { readonly expires?: unknown; readonly signature?: unknown };

/** Makes and checks the addresses of images that work for a limited time. */
export type ImageSignatures = {
  /** The query to append to the address of the image with this name. */
  readonly queryOf: (name: string) => string;
  /** Whether the query was made for this name, and its time is not over. */
  readonly isValid: (name: string, query: ImageQuery) => boolean;
};

/** Addresses of the same minute are equal, so that repeated answers and caches agree. */
const STEP_S = 60;

/** @param ttlS seconds for which an address works at least */
export const createImageSignatures = (
  { mac, isMac }: Pick<Secrets, 'mac' | 'isMac'>,
  ttlS: number,
  nowMs: () => number,
): ImageSignatures => {
  const textOf = (name: string, expires: string) => `image ${name} until ${expires}`;
  return {
    queryOf: (name) => {
      const expires = `${Math.ceil((nowMs() / 1000 + ttlS) / STEP_S) * STEP_S}`;
      return `?expires=${expires}&signature=${mac(textOf(name, expires))}`;
    },
    isValid: (name, { expires, signature }) =>
      typeof expires === 'string' &&
      typeof signature === 'string' &&
      /^\d{1,12}$/.test(expires) &&
      Number(expires) * 1000 > nowMs() &&
      isMac(textOf(name, expires), signature),
  };
};
