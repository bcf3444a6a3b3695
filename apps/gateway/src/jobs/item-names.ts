import type { JobImage } from '#contract';

/** Bytes of one part of a path, below what file systems take. */
const MAX_PART = 120;
const MAX_FOLDERS = 8;

/** The list of failures, and names that Windows keeps for devices, also with blanks and an extension behind them. */
const RESERVED = /^(?:errors\.json$|(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(?:\.|$))/i;

/**
 * Control characters, those that end lines or turn the direction of a text around, halves of surrogate pairs, and what
 * Windows forbids in names.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}<>:"|?*]/gu;

const shorten = (text: string): string => {
  let short = text;
  while (Buffer.byteLength(short) > MAX_PART) short = Array.from(short).slice(0, -1).join('');
  return short;
};

const withoutExtension = (name: string): string => name.replace(/\.(?:png|jpe?g|jfif|webp)$/i, '');

const cleanPart = (part: string): string | undefined => {
  const clean = shorten(part.normalize('NFC').replaceAll(FORBIDDEN, '_').trimStart()).replace(/[.\s]+$/, '');
  if (clean === '') return undefined;
  return RESERVED.test(clean) ? `_${clean}` : clean;
};

/**
 * Without an extension, so that no folder has the name of a result. The rest may end in a dot or a blank again.
 * @returns undefined for a part that leads nowhere, or upwards
 */
const safePart = (part: string): string | undefined => cleanPart(withoutExtension(cleanPart(part) ?? ''));

const safePath = (path: string): string =>
  path
    .split(/[\\/]/)
    .flatMap((part) => safePart(part) ?? [])
    .slice(-MAX_FOLDERS)
    .join('/');

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const lastOfUrl = (image: string): string =>
  URL.canParse(image)
    ? decoded(new URL(image).pathname.split('/').findLast((part) => part !== '') ?? '')
    : image;

/** The name of an image that was sent without one. Once decoded, it may hold a slash. */
const nameOfImage = (image: string): string => lastOfUrl(image).replaceAll(/[\\/]/g, '_');

/**
 * The names of a job's results in its ZIP, without extensions. They stay within the folder that a ZIP is unpacked into,
 * on every system, and no two are alike.
 *
 * @param others names that the job has already, in lower case
 */
export const namesOf = (images: readonly JobImage[], others: Iterable<string> = []): string[] => {
  const taken = new Set<string>(others);
  const next = new Map<string, number>();
  return images.map(({ image, name }, place) => {
    const base = safePath(name ?? nameOfImage(image)) || `image-${place + 1}`;
    const key = base.toLowerCase();
    let count = next.get(key) ?? 1;
    let unique = base;
    while (taken.has(unique.toLowerCase())) unique = `${base}-${++count}`;
    next.set(key, count);
    taken.add(unique.toLowerCase());
    return unique;
  });
};
