import type { NpmSource } from '#models';

/** A file that is put together from the chunks of an npm package. */
export type NpmFile = {
  /** What messages call it. */
  readonly label: string;
  readonly bytes: number;
  readonly npm: NpmSource;
};
