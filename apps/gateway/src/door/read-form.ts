import type { FastifyRequest } from 'fastify';
import type { Fields } from '../uploads/multipart.js';
import { openBody, tooLarge } from './body.js';
import { openLease, type BodyNeeds } from './read-tasks.js';

/** Bytes of a form without files. A larger image comes as a file. */
const MAX_FORM_BYTES = 4 * 1024 * 1024;

/**
 * Reads the fields of an `application/x-www-form-urlencoded` body into memory.
 *
 * @throws TaskError
 */
export const readForm = async (needs: BodyNeeds, request: FastifyRequest): Promise<Fields> => {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > MAX_FORM_BYTES) throw tooLarge(MAX_FORM_BYTES);
  // The bytes, their text and the fields.
  await openLease(needs, request).reserve(3 * (length || MAX_FORM_BYTES));
  const pieces: Buffer[] = [];
  const body = openBody(request.raw, {
    maxBytes: MAX_FORM_BYTES,
    pace: needs.pace,
    isCrowded: needs.memory.isCrowded,
    take: (piece) => void pieces.push(piece),
  });
  await body.readTo(Infinity);
  request.isTaken = true;
  return [...new URLSearchParams(Buffer.concat(pieces).toString())];
};
