import type { Database } from './client.js';

/** The sealed secrets that sign an owner's webhooks: the current one, and the one before while both count. */
export type WebhookSecrets = { readonly secret: string; readonly previous: string | null };

const find = async (database: Database, ownerId: string): Promise<WebhookSecrets | undefined> => {
  const [found] = await database.$queryRaw<WebhookSecrets[]>`
    SELECT secret, CASE WHEN previous_until > now() THEN previous END AS previous
      FROM webhook_secrets WHERE owner_id = ${ownerId}::uuid`;
  return found;
};

/**
 * Finds an owner's secrets. An owner without one gets the new one.
 *
 * @param makeSealed makes a new secret, sealed
 */
export const webhookSecretsOf = async (
  database: Database,
  ownerId: string,
  makeSealed: () => string,
): Promise<WebhookSecrets> => {
  const known = await find(database, ownerId);
  if (known) return known;
  // Of two programs that do this at once, both get the secret that was first.
  await database.webhookSecret.createMany({
    data: [{ ownerId, secret: makeSealed() }],
    skipDuplicates: true,
  });
  const made = await find(database, ownerId);
  if (!made) throw new Error(`There is no owner ${ownerId}.`);
  return made;
};

/** Gives an owner a new secret. The one before signs too for `overlapS` more seconds. */
export const rotateWebhookSecret = async (
  database: Database,
  ownerId: string,
  sealed: string,
  overlapS: number,
): Promise<void> => {
  await database.$executeRaw`
    INSERT INTO webhook_secrets AS present (owner_id, secret) VALUES (${ownerId}::uuid, ${sealed})
        ON CONFLICT (owner_id) DO UPDATE
       SET previous = CASE WHEN ${overlapS}::float8 > 0 THEN present.secret END,
           previous_until = CASE WHEN ${overlapS}::float8 > 0 THEN now() + make_interval(secs => ${overlapS}::float8) END,
           secret = EXCLUDED.secret, created_at = now()`;
};

/** Drops former secrets whose time is over. */
export const forgetFormerWebhookSecrets = async (database: Database): Promise<void> => {
  await database.$executeRaw`
    UPDATE webhook_secrets SET previous = NULL, previous_until = NULL WHERE previous_until <= now()`;
};

/**
 * Seals all secrets by the newest key, so that an older key of SECRETS_KEY can be removed. A secret that was rotated
 * meanwhile stays as it is.
 *
 * @param renew gives the same text where the newest key sealed it
 */
export const resealWebhookSecrets = async (
  database: Database,
  renew: (sealed: string) => string,
): Promise<void> => {
  for (const { ownerId, secret, previous } of await database.webhookSecret.findMany()) {
    const data = { secret: renew(secret), previous: previous === null ? null : renew(previous) };
    if (data.secret === secret && data.previous === previous) continue;
    await database.webhookSecret.updateMany({ where: { ownerId, secret, previous }, data });
  }
};
