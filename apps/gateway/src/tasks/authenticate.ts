import { parseTask, TaskError } from '#contract';
import { findOwner, type Database, type Owner } from '#database';

/** Whether a task is of the type `authentication`. */
export const isAuthentication = (raw: unknown): raw is { connectionSessionUUID?: unknown } =>
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

const keyOfHeader = (authorization: string | undefined) => authorization?.match(/^Bearer +(\S+)\s*$/i)?.[1];

/** Whether an Authorization header holds a key, valid or not. */
export const hasKey = (authorization: string | undefined): boolean =>
  keyOfHeader(authorization) !== undefined;

const details = { parameter: 'apiKey' };

export const missingKey = (): TaskError => {
  const message =
    "Missing API key: send 'Authorization: Bearer <key>' or an authentication task first, within 16 kB.";
  return new TaskError('missingApiKey', message, details);
};

/**
 * Finds the caller by the Authorization header or by a first `authentication` task; the header wins.
 *
 * @throws TaskError missingApiKey, invalidApiKey, or serviceUnavailable when the database is away
 */
export const authenticate = async (
  database: Database,
  authorization: string | undefined,
  first: unknown,
): Promise<Owner> => {
  const apiKey = keyOfHeader(authorization) ?? keyOfTask(first);
  if (!apiKey) throw missingKey();
  const owner = await lookUp(database, apiKey);
  if (!owner) throw new TaskError('invalidApiKey', 'Invalid API key.', details);
  return owner;
};
