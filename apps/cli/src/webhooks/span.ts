import { momentOf } from '../moment.js';
import { ownerOf, type World } from './world.js';
import type { WebhookFilter } from '#database';

/** The options that say of which tasks. */
export const spanOptions = {
  key: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const;

export const spanUsage = `  --key NAME         of the owner of that key; of all owners unless given
  --from TIME        of tasks accepted at this time or later, such as 2027-01-31T18:00Z or 2027-01-31 (UTC)
  --to TIME          of tasks accepted before this time
`;

type Values = { readonly [O in keyof typeof spanOptions]?: string | undefined };

/** @throws UsageError that names the option; WebhooksError for an unknown key */
export const readSpan = async (
  world: Pick<World, 'database'>,
  values: Values,
  usage: string,
): Promise<Pick<WebhookFilter, 'ownerId' | 'from' | 'to'>> => {
  const [from, to] = [momentOf('from', values.from, usage), momentOf('to', values.to, usage)];
  return { from, to, ...(values.key !== undefined && { ownerId: await ownerOf(world, values.key) }) };
};
