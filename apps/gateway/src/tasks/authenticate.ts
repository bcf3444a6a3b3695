import { setTimeout as sleep } from 'node:timers/promises';
import type { FailedTries } from '#callers';
import { parseTask, TaskError } from '#contract';
import { findOwner, type Database, type Owner } from '#database';

/** Whether a task is of the type `authentication`. */
export const isAuthentication = (
  raw: unknown,
): raw is { connectionSessionUUID?: unknown; apiKey?: unknown } =>
  typeof raw === 'object' && raw !== null && 'taskType' in raw && raw.taskType === 'authentication';

const keyOfTask = (raw: unknown): string | undefined => {
  if (!isAuthentication(raw)) return undefined;
  const task = parseTask(raw);
  return task.taskType === 'authentication' ? task.apiKey : undefined;
};

/** A database outage must not look like a bad key, which clients treat as final. */
const lookUp = async (database: Database, apiKey: string): Promise<Owner | undefined> => {
  try {
    return await findOwner(database, apiKey);
  } catch (cause) {
    throw new TaskError(
      'serviceUnavailable',
      'Keys cannot be looked up right now; try again.',
      {},
      { cause },
    );
  }
};

/** The headers that may hold a key. */
export type KeyHeaders = {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string | string[] | undefined;
};

/** With or without `Bearer`. Another scheme is no key, and neither is a scheme without one. */
const KEY = /^(?:Bearer +)?(?!(?:Bearer|Basic|Digest|Negotiate)\s*$)(\S+)\s*$/i;

const keyOfHeaders = ({ authorization, 'x-api-key': other }: KeyHeaders): string | undefined =>
  authorization?.match(KEY)?.[1] ?? (typeof other === 'string' ? other.trim() || undefined : undefined);

/** Whether a header holds a key, valid or not. */
export const hasKey = (headers: KeyHeaders): boolean => keyOfHeaders(headers) !== undefined;

const details = { parameter: 'apiKey' };

const HOW_TO_SEND =
  "Missing API key: send 'Authorization: Bearer <key>' or an authentication task first, within 16 kB.";

export const missingKey = (message = HOW_TO_SEND): TaskError =>
  new TaskError('missingApiKey', message, details);

/** Who asks for a caller. */
export type Entrance = {
  readonly database: Database;
  readonly tries: FailedTries;
  /** The caller's, to count wrong keys by. */
  readonly address: string;
};

/** Answers to too many wrong keys are held back, as long as few are. */
const HOLD_MS = 500;
const MAX_HELD = 100;
let held = 0;

const hold = async () => {
  if (held >= MAX_HELD) return;
  held++;
  await sleep(HOLD_MS);
  held--;
};

/** A good key from the same address still passes, since it is looked up first. */
const refuseKey = async ({ tries, address }: Entrance): Promise<TaskError> => {
  const retryAfter = tries.failed(address);
  if (retryAfter === undefined) return new TaskError('invalidApiKey', 'Invalid API key.', details);
  await hold();
  const message = `Too many invalid API keys came from your address; try again in ${retryAfter} s.`;
  return new TaskError('rateLimitExceeded', message, { ...details, retryAfter });
};

/**
 * Finds the caller by the Authorization header, by `x-api-key`, or by a first `authentication` task, in this order.
 *
 * @throws TaskError missingApiKey, invalidApiKey, rateLimitExceeded after many invalid keys, or serviceUnavailable when
 *   the database is away
 */
export const authenticate = async (
  entrance: Entrance,
  headers: KeyHeaders,
  first: unknown,
): Promise<Owner> => {
  const apiKey = keyOfHeaders(headers) ?? keyOfTask(first);
  if (!apiKey) throw missingKey();
  const owner = await lookUp(entrance.database, apiKey);
  if (!owner) throw await refuseKey(entrance);
  return owner;
};
