/** What is known of one image. */
export type ManifestEntry = {
  readonly taskUUID: string;
  readonly uploadUUID: string;
  /** Names the uploads of the images that many photos share. Older entries have `uploadUUID` for that. */
  readonly commonUUID?: string | undefined;
  /** Of the image and the parameters. With another one, the image is done anew. */
  readonly stamp: string;
  readonly status: 'sent' | 'done' | 'failed';
  /** Of the result. */
  readonly imageUUID?: string | undefined;
  readonly imageURL?: string | undefined;
  /** Why it failed. */
  readonly code?: string | undefined;
};

/** Remembers what was sent and what is done, by the key of each image. A `Map` is one. */
export type Manifest = {
  readonly get: (key: string) => ManifestEntry | undefined | Promise<ManifestEntry | undefined>;
  readonly set: (key: string, entry: ManifestEntry) => unknown;
};
