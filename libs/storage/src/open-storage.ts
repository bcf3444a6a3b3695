import { join } from 'node:path';
import { openDiskStorage } from './disk.js';
import { withProbe } from './probe.js';
import type { S3Config } from './s3-client.js';
import type { Storage } from './storage.js';

/** The part of the environment that says where images are. */
type StorageConfig = { readonly DATA_DIR: string } & (
  { readonly STORAGE: 'disk' } | ({ readonly STORAGE: 's3' } & S3Config)
);

/**
 * The storage that the environment names, seen to answer.
 *
 * @throws StorageError that names the setting to correct
 */
export const openStorage = async (config: StorageConfig): Promise<Storage> => {
  if (config.STORAGE === 'disk') return withProbe(await openDiskStorage(join(config.DATA_DIR, 'images')));

  // The SDK takes long to load; who keeps images on the disk need not wait for it.
  const { openS3Storage } = await import('./s3.js');
  return withProbe(await openS3Storage(config));
};
