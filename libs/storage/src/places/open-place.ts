import type { S3Config } from '../s3-client.js';
import { openDiskPlace, type DiskPlace } from './disk-place.js';
import type { PlaceFiles } from './place-files.js';
import type { S3Place } from './s3-place.js';

type StorageConfig = { readonly STORAGE: 'disk' } | ({ readonly STORAGE: 's3' } & S3Config);

/**
 * The files of a place. Nothing is read until they are asked for.
 * @throws Error for a bucket where the storage is no S3 store, whose settings it would use
 */
export const openPlace = async (config: StorageConfig, place: DiskPlace | S3Place): Promise<PlaceFiles> => {
  if ('folder' in place) return openDiskPlace(place);
  if (config.STORAGE !== 's3') throw new Error('A bucket as a place needs STORAGE=s3.');
  const { openS3Place } = await import('./s3-place.js');
  return openS3Place(config, place);
};
