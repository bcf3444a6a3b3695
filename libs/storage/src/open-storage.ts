import { join } from 'node:path';
import { openDiskStorage } from './disk.js';
import { withProbe } from './probe.js';
import type { S3Config } from './s3-client.js';
import type { Storage } from './storage.js';

/** The settings that say where images are kept. */
type StorageConfig = { readonly DATA_DIR: string } & (
  { readonly STORAGE: 'disk' } | ({ readonly STORAGE: 's3' } & S3Config)
);

/**
 * Opens the configured storage and checks that it answers.
 * @throws StorageError that names the setting to correct
 */
export const openStorage = async (config: StorageConfig): Promise<Storage> => {
  if (config.STORAGE === 'disk') return withProbe(await openDiskStorage(join(config.DATA_DIR, 'images')));

  // The SDK loads slowly, so installations with a disk storage skip it.
  const { openS3Storage } = await import('./s3.js');
  return withProbe(await openS3Storage(config));
};
