import { findOwner, putKey, type Database } from '#database';

/** Adds a key, and returns the id of its owner. */
export const addOwner = async (database: Database): Promise<string> => {
  await putKey(database, 'owner', 'key');
  const owner = await findOwner(database, 'key');
  if (!owner) throw new Error('the new key has no owner');
  return owner.id;
};
