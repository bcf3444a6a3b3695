import type { Database } from '#database';
import { findOwnerId } from '#database';
import type { Secrets } from '#secrets';

/** What the commands on webhooks work with. */
export type World = {
  readonly database: Database;
  /** @throws SecretsError without the key of the programs */
  readonly secrets: () => Secrets;
};

/** A command that does not fit the existing webhooks. The message is one sentence. */
export class WebhooksError extends Error {
  override readonly name = 'WebhooksError';
}

/** The owner of a key. Those of revoked keys count too. */
export const ownerOf = async ({ database }: Pick<World, 'database'>, keyName: string): Promise<string> => {
  const ownerId = await findOwnerId(database, keyName);
  if (ownerId === undefined) throw new WebhooksError(`There is no key ${keyName}: see keys list.`);
  return ownerId;
};
