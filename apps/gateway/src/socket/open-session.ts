import { randomUUID } from 'node:crypto';
import { TaskError } from '#contract';
import { createSession, findSessionItems, resumeSession, type Owner, type SessionItem } from '#database';
import type { Edges } from '../edges.js';
import { authenticate } from '../tasks/authenticate.js';

/** Whose session it is, and what its client has not confirmed to have of an earlier connection. */
export type Opened = {
  readonly owner: Owner;
  readonly sessionId: string;
  readonly items: readonly SessionItem[];
};

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export const isUuid = (value: unknown): value is string => typeof value === 'string' && uuid.test(value);

const takeUp = async ({ database }: Edges, owner: Owner, wanted: unknown): Promise<Omit<Opened, 'owner'>> => {
  if (isUuid(wanted) && (await resumeSession(database, wanted, owner.id))) {
    return { sessionId: wanted, items: await findSessionItems(database, wanted) };
  }
  const sessionId = randomUUID();
  await createSession(database, sessionId, owner.id);
  return { sessionId, items: [] };
};

/**
 * Takes up the session that an authentication task names, or opens a new one when that cannot be.
 *
 * @throws TaskError serviceUnavailable when the database is away; any other is a refusal
 */
export const openSession = async (
  edges: Edges,
  task: { readonly connectionSessionUUID?: unknown },
): Promise<Opened> => {
  const owner = await authenticate(edges, undefined, task);
  try {
    return { owner, ...(await takeUp(edges, owner, task.connectionSessionUUID)) };
  } catch (cause) {
    throw new TaskError('serviceUnavailable', 'Sessions cannot be opened right now.', {}, { cause });
  }
};
