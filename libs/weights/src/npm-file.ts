import type { NpmSource } from '#models';

/** A file that is joined from chunks of an npm package. */
export type NpmFile = {
  /** Its name in messages. */
  readonly label: string;
  readonly bytes: number;
  readonly npm: NpmSource;
};
