import {
  databaseNow,
  keyNumbers,
  keyScopes,
  type Database,
  type KeyScope,
  type KeySettings,
} from '#database';
import { findModel, type Catalogue } from '#models';
import { UsageError } from '../command.js';

/** What the commands on keys work with. */
export type World = {
  readonly database: Database;
  /** Reads MODELS_FILE too. */
  readonly catalogue: () => Promise<Catalogue>;
};

/** The options that say what a key may do and use. */
export const limitOptions = {
  scope: { type: 'string' },
  models: { type: 'string' },
  rate: { type: 'string' },
  'in-flight': { type: 'string' },
  'budget-usd': { type: 'string' },
  share: { type: 'string' },
  expires: { type: 'string' },
} as const;

export const limitUsage = `  --scope LIST       what it may do, of run, read, upload, admin; all unless given
  --models LIST      the models that it may use, by AIR id or slug; all unless given
  --rate N           tasks per second, such as 5 or 0.2, with bursts of ten seconds
  --in-flight N      tasks that have not ended, in place of MAX_TASKS_IN_FLIGHT
  --budget-usd N     what it may spend in a calendar month (UTC)
  --share N          its owner's part of the work beside other owners, against 1
  --expires WHEN     a day such as 2027-01-31, a moment such as 2027-01-31T18:00Z, or 90d from now
`;

export type LimitValues = { readonly [O in keyof typeof limitOptions]?: string | undefined };

/** The word that takes a limit away. */
const NONE = 'none';

const unitsS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a text such as 24h or 90d; undefined when it is none. */
export const toSeconds = (text: string): number | undefined => {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unitsS[unit] ?? 1);
};

type NumberRule = { readonly safeParse: (value: number) => { readonly success: boolean } };

const toNumber = (text: string, rule: NumberRule, refuse: () => UsageError): number => {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!rule.safeParse(value).success) throw refuse();
  return value;
};

const wordsOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

const isScope = (word: string): word is KeyScope => (keyScopes as readonly string[]).includes(word);

const toScopes = (text: string, usage: string): KeyScope[] => {
  const words = wordsOf(text);
  const scopes = words.filter(isScope);
  if (words.length === 0 || scopes.length < words.length)
    throw new UsageError(`--scope takes a comma list of ${keyScopes.join(', ')}.`, usage);
  return scopes;
};

const toAirs = (text: string, catalogue: Catalogue, usage: string): string[] =>
  wordsOf(text).map((name) => {
    const model = findModel(catalogue, name);
    if (model) return model.air;
    throw new UsageError(
      `--models: there is no model ${name}; npx clearcut models list names them all.`,
      usage,
    );
  });

/** A date means the end of that day, so that the key still works on it. */
const toMoment = (text: string, now: Date, usage: string): Date => {
  const seconds = toSeconds(text);
  if (seconds !== undefined) return new Date(now.getTime() + seconds * 1000);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const moment = new Date(isDay ? `${text}T23:59:59.999Z` : text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(moment.getTime()))
    throw new UsageError('--expires takes a day such as 2027-01-31, or a time from now such as 90d.', usage);
  if (moment <= now) throw new UsageError(`--expires: ${text} is over.`, usage);
  return moment;
};

const numbers = { rate: 'ratePerS', 'in-flight': 'inFlight', 'budget-usd': 'budgetUsd' } as const;

const readNumbers = (values: LimitValues, usage: string): KeySettings =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([option, field]) => {
      const text = values[option as keyof typeof numbers];
      if (text === undefined) return [];
      const { takes, rule } = keyNumbers[field];
      const refuse = () => new UsageError(`--${option} takes ${takes}, or ${NONE}.`, usage);
      return [[field, text === NONE ? null : toNumber(text, rule, refuse)]];
    }),
  );

const readShare = (text: string, usage: string): number => {
  const { takes, rule } = keyNumbers.share;
  return toNumber(text, rule, () => new UsageError(`--share takes ${takes}.`, usage));
};

/** @throws UsageError that names the option */
export const readLimits = async (
  { catalogue, database }: World,
  { scope, models, share, expires, ...values }: LimitValues,
  usage: string,
): Promise<KeySettings & { readonly share?: number }> => ({
  ...readNumbers(values, usage),
  ...(scope !== undefined && { scopes: scope === NONE ? [...keyScopes] : toScopes(scope, usage) }),
  ...(models !== undefined && { models: models === NONE ? [] : toAirs(models, await catalogue(), usage) }),
  ...(share !== undefined && { share: share === NONE ? 1 : readShare(share, usage) }),
  ...(expires !== undefined && {
    expiresAt: expires === NONE ? null : toMoment(expires, await databaseNow(database), usage),
  }),
});
