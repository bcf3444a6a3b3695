import type { Database } from './client.js';

/** Stored bytes, and the UUID of the image that their key names. */
export type StoredImage = { readonly key: string; readonly imageId: string };

/**
 * The keys among these that no image's row names and no task in flight may still write. None while there are no images
 * at all, as amid a restore.
 */
export const findOrphans = async (database: Database, stored: readonly StoredImage[]): Promise<string[]> => {
  const [keys, ids] = [stored.map(({ key }) => key), stored.map(({ imageId }) => imageId)];
  const rows = await database.$queryRaw<{ key: string }[]>`
    SELECT key FROM unnest(${keys}::text[], ${ids}::uuid[]) AS stored(key, id)
     WHERE (SELECT storage_key = key AND deleted_at IS NULL FROM images WHERE images.id = stored.id) IS NOT TRUE
       AND id NOT IN (SELECT input_image_id FROM tasks WHERE finished_at IS NULL
                      UNION ALL SELECT output_image_id FROM tasks WHERE finished_at IS NULL
                      UNION ALL SELECT (jsonb_array_elements(further_images) ->> 'imageId')::uuid
                                  FROM tasks WHERE finished_at IS NULL AND further_images IS NOT NULL)
       AND (SELECT id FROM images ORDER BY id LIMIT 1) IS NOT NULL`;
  return rows.map(({ key }) => key);
};

/** What tells a database from others, also after a restore, and when it was made. */
export type DatabaseIdentity = { readonly id: string; readonly madeAt: Date };

/** The first migration has a random id, and dumps carry it along. */
export const databaseIdentity = async (database: Database): Promise<DatabaseIdentity> => {
  const [first] = await database.$queryRaw<DatabaseIdentity[]>`
    SELECT id, started_at AS "madeAt" FROM _prisma_migrations ORDER BY started_at, migration_name LIMIT 1`;
  if (!first) throw new Error('The database has no migrations: run `clearcut migrate` first.');
  return first;
};
