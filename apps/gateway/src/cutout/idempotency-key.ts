import { createHash } from 'node:crypto';
import { isUuid, TaskError } from '#contract';

const MAX_LENGTH = 255;

/** The UUID of version 5 of a name: the same each time (RFC 9562, section 5.5). */
const uuidOfName = (namespace: string, name: string): string => {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  const hash = createHash('sha1').update(space).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

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
