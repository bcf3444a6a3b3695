/** A model that Runware offers and that no catalogue of ours can have. */
type ForeignModel = {
  readonly air: string;
  readonly slug: string;
  readonly name: string;
  /** AIR id of the built-in model that comes nearest. */
  readonly nearest: string;
};

const foreignModels: readonly ForeignModel[] = [
  {
    air: 'bria:2@1',
    slug: 'bria-rmbg-v2-0',
    name: 'Bria RMBG 2.0 as hosted by Bria',
    nearest: 'runware:110@1',
  },
  {
    air: 'bria:51@1',
    slug: 'bria-video-background-removal',
    name: "Bria's background removal for videos",
    nearest: 'runware:110@1',
  },
  {
    air: 'ideogram:remove-background@0',
    slug: 'ideogram-remove-background',
    name: "Ideogram's background removal",
    nearest: 'runware:112@5',
  },
];

/** Finds a model of others by its AIR id or slug. */
export const foreignModel = (name: string): ForeignModel | undefined =>
  foreignModels.find(({ air, slug }) => air === name || slug === name);
