import { readJobPlaces, type JobPlace, type ServiceConfig } from '#config';
import { pathInPlace, TaskError, type JobFolder } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import { openPlace, type PlaceFiles } from '#storage';

/** What a job does with a place. It is also the name of the parameter. */
export type Side = 'source' | 'target';

/** The folders and buckets that the operator allowed. */
export type Places = {
  /** @throws TaskError when the key may not use the place that way */
  readonly require: (owner: Owner, side: Side, folder: JobFolder) => void;
  /** @throws TaskError when one of the two folders lies in the other */
  readonly requireApart: (source: JobFolder, target: JobFolder) => void;
  /** The files of a place. @throws PlaceAway, and TaskError permissionDenied when the right was taken back */
  readonly files: (side: Side, folder: JobFolder) => PlaceFiles;
  readonly close: () => void;
};

export const PLACES = token<Places>('places of jobs');

/** The operator's file no longer names a place. It may do so again. */
export class PlaceAway extends Error {
  override readonly name = 'PlaceAway';
}

const rightOf = { source: 'read', target: 'write' } as const;

const mayUse = ({ keys }: JobPlace, owner: Owner): boolean => keys?.includes(owner.name) ?? true;

const isFor = (place: JobPlace, side: Side): boolean => place.rights.includes(rightOf[side]);

const notAllowed = (side: Side, { place }: JobFolder): TaskError =>
  new TaskError('permissionDenied', `Jobs may not ${rightOf[side]} the place '${place}'.`, {
    parameter: `${side}.place`,
  });

const unknownPlace = (side: Side, allowedValues: readonly string[]): TaskError => {
  const message =
    allowedValues.length === 0
      ? 'No places are configured that this key may use: the operator names them in JOB_PLACES_FILE.'
      : `'${side}.place' names no place that this key may use.`;
  return new TaskError('invalidParameter', message, { parameter: `${side}.place`, allowedValues });
};

/** The same for folders of different places that lie in each other. */
const addressOf = (place: JobPlace, folder: JobFolder): string => {
  const way = pathInPlace(folder, '');
  if ('folder' in place) return `file:${place.folder}/${way}`.replaceAll(/\/+/g, '/');
  return `s3:${place.bucket}/${place.prefix}${way}`;
};

/**
 * Opens the places that JOB_PLACES_FILE names. Nothing in them is touched.
 * @throws ConfigError
 */
export const openPlaces = async (config: ServiceConfig): Promise<Places> => {
  const places = await readJobPlaces(config);
  const opened = new Map<string, PlaceFiles>();
  for (const [name, place] of places) opened.set(name, await openPlace(config, place));

  const known = (folder: JobFolder): JobPlace => {
    const place = places.get(folder.place);
    if (place) return place;
    throw new PlaceAway(`JOB_PLACES_FILE names no place '${folder.place}' any more.`);
  };

  return {
    require: (owner, side, folder) => {
      const place = places.get(folder.place);
      if (!place || !mayUse(place, owner)) {
        const usable = [...places].filter(([, each]) => mayUse(each, owner) && isFor(each, side));
        throw unknownPlace(
          side,
          usable.map(([name]) => name),
        );
      }
      if (!isFor(place, side)) throw notAllowed(side, folder);
    },
    requireApart: (source, target) => {
      const [from, to] = [addressOf(known(source), source), addressOf(known(target), target)];
      if (!from.startsWith(to) && !to.startsWith(from)) return;
      const message = "'target' must not lie in 'source' or contain it: results could replace images.";
      throw new TaskError('incompatibleParameters', message, { parameter: 'target' });
    },
    files: (side, folder) => {
      if (!isFor(known(folder), side)) throw notAllowed(side, folder);
      const files = opened.get(folder.place);
      if (!files) throw new Error(`The place '${folder.place}' was not opened.`);
      return files;
    },
    close: () => {
      for (const files of opened.values()) files.close();
    },
  };
};
