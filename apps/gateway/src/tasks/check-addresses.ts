import { atParameter } from '#boundary';
import type { Outbound } from '#outbound';

/**
 * Refuses addresses that would never be asked, as far as their spelling tells.
 *
 * @param addresses by the parameters that hold them
 * @throws TaskError of the first one that is refused
 */
export const checkAddresses = async (
  { checkUrl }: Pick<Outbound, 'checkUrl'>,
  addresses: Readonly<Record<string, string | undefined>>,
): Promise<void> => {
  for (const [parameter, url] of Object.entries(addresses)) {
    if (url) await atParameter(parameter, () => checkUrl(url, parameter));
  }
};
