import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { faultsOfFile, faultsOfNames } from '#contract';
import { z } from 'zod';
import { ConfigError, type Config } from './read-config.js';
import { readFileOf } from './read-file.js';

const rights = {
  rights: z.array(z.enum(['read', 'write'])).min(1),
  /** Names of the keys that may use it. All, unless set. */
  keys: z.array(z.string().min(1)).min(1).optional(),
};

const isPlain = (path: string): boolean =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const DiskPlace = z.strictObject({
  folder: z
    .string()
    .refine(isAbsolute, 'must be an absolute path')
    .transform((path) => resolve(path)),
  /** A file in the folder. While it is missing, the disk counts as away. */
  mark: z
    .string()
    .refine((path) => !isAbsolute(path) && isPlain(path), 'must be the path of a file in the folder')
    .optional(),
  ...rights,
});

const S3Place = z.strictObject({
  bucket: z.string().min(1),
  prefix: z
    .string()
    .transform((prefix) => prefix.replaceAll(/^\/+|\/+$/g, ''))
    .transform((prefix) => (prefix === '' ? '' : `${prefix}/`))
    .default(''),
  ...rights,
});

const name = z.string().regex(/^[\w-]{1,64}$/, 'must be up to 64 letters, digits, _ and -');

const JobPlacesFile = z.strictObject({
  places: z.record(name, z.union([DiskPlace, S3Place])),
});

/** A folder of a disk, or a part of a bucket, that jobs may read or write. */
export type JobPlace = Readonly<z.infer<typeof DiskPlace>> | Readonly<z.infer<typeof S3Place>>;
export type JobPlaces = ReadonlyMap<string, JobPlace>;

const contains = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

type Settings = Pick<Config, 'JOB_PLACES_FILE' | 'DATA_DIR' | 'STORAGE'> & {
  readonly S3_BUCKET?: string;
  readonly S3_PREFIX?: string;
};

/** Places must not open what the service keeps for all owners. @returns why it cannot be used */
const faultOf = (place: JobPlace, settings: Settings): string | undefined => {
  const { DATA_DIR, S3_BUCKET, S3_PREFIX = '' } = settings;
  if ('folder' in place) {
    const isOurs = contains(place.folder, DATA_DIR) || contains(DATA_DIR, place.folder);
    return isOurs ? 'its folder lies in DATA_DIR, or contains it' : undefined;
  }
  if (S3_BUCKET === undefined) return 'a bucket needs STORAGE=s3, whose settings it uses';
  if (place.bucket !== S3_BUCKET) return undefined;
  const isOurs = place.prefix.startsWith(S3_PREFIX) || S3_PREFIX.startsWith(place.prefix);
  return isOurs ? 'its prefix lies in S3_PREFIX of S3_BUCKET, or contains it' : undefined;
};

/** @throws ConfigError that names every wrong field */
export const parseJobPlaces = (text: string, path: string): JobPlaces => {
  const unusable = (faults: readonly string[], cause?: unknown) =>
    new ConfigError(`The file of places ${path} is not usable: ${faults.join('; ')}.`, { cause });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw unusable([`it is not JSON: ${(cause as Error).message}`], cause);
  }
  const names = faultsOfNames(raw);
  if (names.length > 0) throw unusable(names);
  const parsed = JobPlacesFile.safeParse(raw);
  if (parsed.success) return new Map(Object.entries(parsed.data.places));
  throw unusable(faultsOfFile(parsed.error));
};

/** The folder that a path leads to. One that is away keeps its path. */
const withoutLink = (path: string): Promise<string> => realpath(path).catch(() => path);

/** Two names of one folder could not be told apart otherwise. */
const withoutLinks = async (place: JobPlace): Promise<JobPlace> =>
  'folder' in place ? { ...place, folder: await withoutLink(place.folder) } : place;

/**
 * The folders and buckets that jobs may use, by name. None unless JOB_PLACES_FILE is set.
 * @throws ConfigError that names every wrong field
 */
export const readJobPlaces = async (settings: Settings): Promise<JobPlaces> => {
  const { JOB_PLACES_FILE: path } = settings;
  if (path === undefined) return new Map();
  const parsed = parseJobPlaces(await readFileOf(path, 'file of places'), path);
  const places = new Map<string, JobPlace>();
  for (const [name, place] of parsed) places.set(name, await withoutLinks(place));
  const own = { ...settings, DATA_DIR: await withoutLink(settings.DATA_DIR) };
  const faults = [...places].flatMap(([place, setting]) => {
    const fault = faultOf(setting, own);
    return fault === undefined ? [] : [`places.${place}: ${fault}`];
  });
  if (faults.length > 0)
    throw new ConfigError(`The file of places ${path} is not usable: ${faults.join('; ')}.`);
  return places;
};
