import { parseTask, TaskError } from '#contract';
import { findOwner, type Owner } from '#database';
import type { Edges } from '../edges.js';

/** Who calls, and whether the first task of the array was there to say so. */
export type Caller = { readonly owner: Owner; readonly byTask: boolean };

const isAuthentication = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && 'taskType' in raw && raw.taskType === 'authentication';

const keyOfTask = (raw: unknown): string | undefined => {
  if (!isAuthentication(raw)) return undefined;
  const task = parseTask(raw);
  return task.taskType === 'authentication' ? task.apiKey : undefined;
};

/** Trouble of ours must not look like a bad key, which clients take for final. */
const lookUp = async (database: Edges['database'], apiKey: string): Promise<Owner | undefined> => {
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

/**
 * Finds the caller by the Authorization header or by a first `authentication` task; the header wins.
 *
 * @throws TaskError missingApiKey, invalidApiKey, or serviceUnavailable when the database is away
 */
export const authenticate = async (
  { database }: Pick<Edges, 'database'>,
  authorization: string | undefined,
  first: unknown,
): Promise<Caller> => {
  const details = { parameter: 'apiKey' };
  const apiKey = keyOfHeader(authorization) ?? keyOfTask(first);
  if (!apiKey) {
    const message = "Missing API key: send 'Authorization: Bearer <key>' or an authentication task first.";
    throw new TaskError('missingApiKey', message, details);
  }
  const owner = await lookUp(database, apiKey);
  if (!owner) throw new TaskError('invalidApiKey', 'Invalid API key.', details);
  return { owner, byTask: isAuthentication(first) };
};
