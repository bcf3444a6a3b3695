import { closestMatch } from 'leven';

/** No name of ours is longer. The time of a comparison grows with the length. */
const MAX_LENGTH = 64;

const plain = (name: string) => name.toLowerCase().replaceAll(/[_\s-]/g, '');

/**
 * The candidate that a misspelt name most likely means: one within a third of its letters, or one that ends with it.
 *
 * @example closest('output_formt', ['outputFormat', 'outputType']) // 'outputFormat'
 */
const closest = (name: string, candidates: readonly string[]): string | undefined => {
  if (name.length > MAX_LENGTH) return undefined;
  const wanted = plain(name);
  const byPlain = new Map(candidates.map((candidate) => [plain(candidate), candidate]));
  const known = [...byPlain.keys()];
  const maxDistance = Math.max(1, Math.floor(wanted.length / 3));
  const nearest =
    closestMatch(wanted, known, { maxDistance }) ??
    (wanted.length > 4 ? known.find((candidate) => candidate.endsWith(wanted)) : undefined);
  return nearest === undefined ? undefined : byPlain.get(nearest);
};

/**
 * A sentence that names the closest candidate, with a blank before it; empty when none is close.
 * @param within what stands before each candidate, such as `options.`
 */
export const didYouMean = (name: string, candidates: readonly string[], within = ''): string => {
  const nearest = closest(name, candidates);
  return nearest === undefined ? '' : ` Did you mean '${within}${nearest}'?`;
};
