import type { NpmSource, Variant } from '#models';

/** A place to try for a file. */
export type Place = { readonly url: string } | { readonly npm: NpmSource };

const isWeb = (url: string): boolean => /^https?:/.test(url);

const mirrored = (mirror: string, url: string): string => {
  const { host, pathname } = new URL(url);
  return `${mirror}/${host}${pathname}`;
};

/**
 * The places of a file, in the order of the attempts. A mirror replaces the published URLs: it is asked for the file by
 * its hash, as a served models folder names it, and for the published path below the name of its host. npm has its own
 * settings for registries.
 */
export const placesToTry = ({ sources, sha256 }: Variant, mirror: string | undefined): readonly Place[] => {
  const base = mirror?.replace(/\/+$/, '');
  const published = sources.map((source): Place => {
    if (typeof source !== 'string') return { npm: source };
    return { url: base !== undefined && isWeb(source) ? mirrored(base, source) : source };
  });
  if (base === undefined || sha256 === undefined) return published;
  return [{ url: `${base}/sha256/${sha256}.onnx` }, ...published];
};

export const placeName = (place: Place): string => ('npm' in place ? place.npm.package : place.url);

/** The places as text: URLs, and npm packages by name and version. */
export const placeNames = (variant: Variant, mirror: string | undefined): string[] =>
  placesToTry(variant, mirror).map(placeName);
