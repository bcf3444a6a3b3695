import { webhookSecretsOf, type Database, type DueDelivery } from '#database';
import { newWebhookSecret, signatureOf, type Secrets } from '#secrets';

/** Makes the headers of one attempt. All attempts have the same id, by which a receiver tells a repetition. */
export type Sign = (
  delivery: Pick<DueDelivery, 'id' | 'ownerId' | 'takenAtS'>,
  body: string,
) => Promise<Readonly<Record<string, string>>>;

type Needs = { readonly database: Database; readonly secrets: Pick<Secrets, 'open' | 'seal'> };

/**
 * Signs webhooks by the Standard Webhooks. The timestamp is from the clock of the database, since receivers refuse
 * one that is minutes off.
 */
export const createSign =
  ({ database, secrets }: Needs): Sign =>
  async ({ id, ownerId, takenAtS }, body) => {
    const makeSealed = () => secrets.seal(newWebhookSecret());
    const { secret, previous } = await webhookSecretsOf(database, ownerId, makeSealed);
    const keys = previous === null ? [secret] : [secret, previous];
    const timestamp = Math.floor(takenAtS);
    return {
      'webhook-id': id,
      'webhook-timestamp': `${timestamp}`,
      'webhook-signature': signatureOf(keys.map(secrets.open), { id, timestamp, body }),
    };
  };
