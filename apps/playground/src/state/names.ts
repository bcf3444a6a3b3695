/** Names that a ZIP can hold: with folders, without a way out of them. */
export const cleanName = (name: string): string =>
  name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/') || 'photo';

const withoutExtension = (name: string): string => name.replace(/\.[a-z0-9]{1,5}$/i, '');

/** The names of the cutouts, in order. Photos that differ only in their extension get numbers. */
export const cutoutNames = (
  photos: readonly { readonly name: string; readonly extension: string }[],
): string[] => {
  const taken = new Set<string>();
  return photos.map(({ name, extension }) => {
    const base = withoutExtension(cleanName(name));
    let unique = `${base}.${extension}`;
    for (let i = 2; taken.has(unique.toLowerCase()); i++) unique = `${base}-${i}.${extension}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
};
