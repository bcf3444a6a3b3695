import type { AccountDetails, AccountManagement, Outcome } from '#contract';
import {
  databaseNow,
  findUsage,
  listKeys,
  spentThisMonth,
  type Database,
  type KeyFacts,
  type Owner,
  type UsageRow,
} from '#database';
import { token } from '#nest';

type Needs = { readonly database: Database };

const DAY_MS = 86_400_000;

/** Prices have six decimals. */
const exactly = (usd: number) => Number(usd.toFixed(6));

const sumOf = (rows: readonly UsageRow[]) => ({
  credits: exactly(rows.reduce((sum, { costUsd }) => sum + costUsd, 0)),
  requests: rows.reduce((sum, { tasks }) => sum + tasks, 0),
});

/** @param days those that have usage, in UTC */
const usageOf = (days: readonly UsageRow[], now: Date): AccountDetails['usage'] => {
  const last = (count: number) => {
    const from = new Date(now.getTime() - (count - 1) * DAY_MS).toISOString().slice(0, 10);
    return sumOf(days.filter(({ day = '' }) => day >= from));
  };
  return { total: sumOf(days), today: last(1), last7Days: last(7), last30Days: last(30) };
};

const describeKey = (
  { name, prefix, createdAt, lastUsedAt, expiresAt, revokedAt }: KeyFacts,
  used: readonly UsageRow[],
  now: Date,
): AccountDetails['apiKeys'][number] => ({
  apiKey: `${prefix}…`,
  name,
  enabled: revokedAt === null && (expiresAt === null || expiresAt > now),
  createdAt: createdAt.toISOString(),
  ...(lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }),
  requests: used.find(({ key }) => key === name)?.tasks ?? 0,
});

/** What the budget of the key has left. A key without a budget has no balance. */
const balanceOf = async (
  { database }: Needs,
  { id, key }: Owner,
): Promise<Pick<AccountDetails, 'balance'>> => {
  if (key.budgetUsd === null) return {};
  const left = key.budgetUsd - (await spentThisMonth(database, id, key.id));
  return { balance: { amount: exactly(Math.max(0, left)), freeBalance: 0, currency: 'USD' } };
};

/** Tells about the caller's owner: its keys, and what they have used. */
export type Account = (caller: Owner, task: AccountManagement) => Promise<Outcome>;

export const ACCOUNT = token<Account>('account');

export const createAccount =
  (needs: Needs): Account =>
  async (caller, { taskUUID, operation }) => {
    const { database } = needs;
    const [now, keys, days, used, balance] = await Promise.all([
      databaseNow(database),
      listKeys(database, caller.id),
      findUsage(database, { by: ['day'], ownerId: caller.id }),
      findUsage(database, { by: ['key'], ownerId: caller.id }),
      balanceOf(needs, caller),
    ]);
    const result: AccountDetails = {
      taskType: 'accountManagement',
      taskUUID,
      operation,
      organizationName: keys[0]?.owner ?? caller.name,
      organizationUUID: caller.id,
      ...balance,
      team: [],
      apiKeys: keys.map((key) => describeKey(key, used, now)),
      usage: usageOf(days, now),
    };
    return { result };
  };
