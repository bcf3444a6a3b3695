import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from '#contract';
import type { FastifyRequest } from 'fastify';
import { authenticate, missingKey, type Entrance } from '../tasks/authenticate.js';
import { openBody, tooLarge, type Pace } from './body.js';
import { encodingOf } from './decoder.js';
import { firstTask, KEY_BYTES } from './first-task.js';
import type { IntakeMemory, Lease } from './intake-memory.js';
import { createJsonReader } from './json-reader.js';
import { readText, requireReadable } from './read-json.js';

/** The first bytes of a body with what Node and the kernel hold of it. */
const STRANGER_BYTES = 96 * 1024;

export type BodyNeeds = {
  readonly entrance: (request: IncomingMessage) => Entrance;
  readonly memory: IntakeMemory;
  readonly maxTasks: number;
  readonly pace: Pace;
  readonly parse: (request: FastifyRequest, text: string) => Promise<unknown>;
};

/** The encoding of a body. Nothing is decoded for a caller who is not known, since decoders take memory. */
const requireEncoding = ({ headers, owner }: FastifyRequest) => {
  const encoding = headers['content-encoding'];
  const isPlain = /^\s*(identity\s*)?$/i.test(encoding ?? '');
  if (!isPlain && !owner) throw missingKey('A compressed body needs the API key in a header.');
  return encodingOf(encoding);
};

/** Takes memory for a body. The request's end gives it back. */
const openLease = ({ memory }: BodyNeeds, request: FastifyRequest): Lease => {
  request.lease?.end();
  request.lease = memory.open(request.owner?.id);
  return request.lease;
};

/** Reads the tasks of a body after its key was checked. The key may be in the first task of a plain body. */
export const readTasks = async (needs: BodyNeeds, request: FastifyRequest): Promise<unknown> => {
  const type = request.headers['content-type'];
  requireReadable(type);
  const encoding = requireEncoding(request);
  const beginning: Buffer[] = [];
  let take = (piece: Buffer): void => void beginning.push(piece);
  const body = openBody(request.raw, {
    maxBytes: MAX_BODY_BYTES,
    pace: needs.pace,
    isCrowded: needs.memory.isCrowded,
    encoding,
    take: (piece) => take(piece),
  });

  if (!request.owner) {
    openLease(needs, request).need(STRANGER_BYTES);
    await body.readTo(KEY_BYTES);
    request.owner = await authenticate(needs.entrance(request.raw), {}, firstTask(Buffer.concat(beginning)));
  }
  const length = request.headers['content-length'];
  if (Number(length) > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);

  const lease = openLease(needs, request);
  await lease.reserve(Number(length ?? 0));
  const reader = createJsonReader({
    maxTasks: needs.maxTasks,
    what: 'body',
    likelyBytes: length === undefined || encoding ? undefined : Number(length),
    decode: (bytes) => readText(bytes, type),
    parse: (text) => needs.parse(request, text),
  });
  take = (piece) => {
    reader.take(piece);
    lease.need(reader.keptBytes());
  };
  for (const piece of beginning.splice(0)) take(piece);
  await body.readTo(Infinity);
  lease.keep(reader.keptBytes() + reader.treeBytes());
  return reader.finish(() => lease.keep(reader.treeBytes()));
};
