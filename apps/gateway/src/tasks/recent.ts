/** A figure of a moment ago, and what was added to it since. */
export type Recent = { readonly figure: Promise<number>; added: number };

const READ_EVERY_MS = 1_000;

/** Reads a figure for each id at most once a second, so that a busy caller costs one query a second. */
export const createRecent = (now: () => number) => {
  const known = new Map<string, Recent & { readonly atMs: number }>();

  const forgetOld = () => {
    for (const [id, { atMs }] of known) if (now() - atMs >= READ_EVERY_MS) known.delete(id);
  };

  return (id: string, read: () => Promise<number>): Recent => {
    const found = known.get(id);
    if (found && now() - found.atMs < READ_EVERY_MS) return found;
    forgetOld();
    const recent = { atMs: now(), figure: read(), added: 0 };
    known.set(id, recent);
    recent.figure.catch(() => known.delete(id));
    return recent;
  };
};
