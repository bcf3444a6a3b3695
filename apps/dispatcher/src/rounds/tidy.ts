import {
  forgetClaimants,
  forgetFailedAddresses,
  forgetFormerWebhookSecrets,
  forgetSessions,
  forgetSilentWorkers,
  resealWebhookSecrets,
  shortenStoredErrors,
  type Database,
} from '#database';
import type { Secrets } from '#secrets';

type Needs = { readonly database: Database; readonly secrets: Pick<Secrets, 'renew'> };

/** Deletes rows and addresses that are no longer needed. The first round also mends what was stored before the start. */
export const createTidy = ({ database, secrets }: Needs) => {
  let isMended = false;
  return async (): Promise<void> => {
    await forgetSilentWorkers(database);
    await forgetClaimants(database);
    await forgetSessions(database);
    await forgetFailedAddresses(database);
    await forgetFormerWebhookSecrets(database);
    if (isMended) return;
    await shortenStoredErrors(database);
    await resealWebhookSecrets(database, secrets.renew);
    isMended = true;
  };
};
