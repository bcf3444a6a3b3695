import { defaultModelOf, findModel, type Catalogue } from '#models';

/** Models of Replicate that remove backgrounds, with the version that most code names. */
const theirs = [
  { name: 'lucataco/remove-bg', version: '95fcc2a26d3899cd6c2691c900465aaeff466285a65c14638cc5f36f34befaf1' },
  { name: 'cjwbw/rembg', version: 'fb8af171cfa1616ddcf1242c093f9c46bcada5ad4cf6f2fbe8b81b330ec5c003' },
  {
    name: '851-labs/background-remover',
    version: 'a029dff38972b5fda4ec5d75d7d1cd25aeff621d2cf4946a41055d7db66b80bc',
  },
  {
    name: 'men1scus/birefnet',
    version: 'f74986db0355b58403ed20963af156525e2891ea3c2d499bfbfb2a28cd87c5d7',
    slug: 'birefnet-general',
  },
] as const;

const OURS = 'clearcut/';

/** Our models have one version, so any version is taken. AIR ids have a colon, too. */
const oursNamed = (reference: string, catalogue: Catalogue): string => {
  const withoutVersion = reference.slice(0, Math.max(0, reference.lastIndexOf(':')));
  return !findModel(catalogue, reference) && findModel(catalogue, withoutVersion)
    ? withoutVersion
    : reference;
};

/**
 * The model for `owner/name`, `owner/name:version` or a version alone: the nearest one of the catalogue for models of
 * Replicate, else the name itself.
 */
export const chooseModel = (reference: string, catalogue: Catalogue): string => {
  if (reference.startsWith(OURS)) return oursNamed(reference.slice(OURS.length), catalogue);
  const [name, version] = reference.includes('/') ? reference.split(':', 2) : [undefined, reference];
  const known = theirs.find((model) => model.name === name || model.version === version);
  if (!known) return reference;
  return 'slug' in known ? known.slug : defaultModelOf(catalogue).air;
};
