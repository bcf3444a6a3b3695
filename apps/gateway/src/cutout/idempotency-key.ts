import { isUuid, TaskError } from '#contract';
import { uuidOfName } from '../tasks/uuid-of-name.js';

const MAX_LENGTH = 255;

/**
 * The taskUUID for which a key stands. A key that is a UUID stands for itself. A quoted string (RFC 9651) means the same
 * as a plain one.
 *
 * @throws TaskError invalidParameter
 */
export const taskUuidOf = (header: string, ownerId: string): string => {
  const key = header.trim().replace(/^"(.*)"$/, '$1');
  if (key.length === 0 || key.length > MAX_LENGTH) {
    const message = `The header Idempotency-Key must have 1 to ${MAX_LENGTH} characters.`;
    throw new TaskError('invalidParameter', message, { parameter: 'Idempotency-Key', max: MAX_LENGTH });
  }
  return isUuid(key) ? key : uuidOfName(ownerId, key);
};
