/** rembg's names of networks that the catalogue has under other slugs. */
const slugs: ReadonlyMap<string, string> = new Map([
  ['birefnet-cod', 'birefnet-v1-base-cod'],
  ['birefnet-hrsod', 'birefnet-hrsod-dhu'],
  ['birefnet-massive', 'birefnet-massive-tr-dis5k-tr-tes'],
  ['bria-rmbg', 'bria-rmbg-v2-0-open'],
]);

/** The slug for a name of rembg. Any other name stays as it is. */
export const slugOfRembg = (name: string): string => slugs.get(name) ?? name;
