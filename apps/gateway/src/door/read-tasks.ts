import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from '#contract';
import type { FastifyRequest } from 'fastify';
import { authenticate, missingKey, type Entrance } from '../tasks/authenticate.js';
import { openBody, tooLarge, type Pace } from './body.js';
import { encodingOf } from './decoder.js';
import { firstTask, KEY_BYTES } from './first-task.js';
import type { IntakeMemory, Lease } from './intake-memory.js';
import type { IsImage } from './json-path.js';
import { createJsonReader, LEAST_BYTES } from './json-reader.js';
import { readText, requireReadable, TASK_ARRAY } from './read-json.js';
import { BODY_WAIT_MS, decodedBytes, SPOOL_MEMORY_BYTES, type Spool } from './spool.js';

/** The first bytes of a body with what Node and the kernel hold of it. */
const STRANGER_BYTES = 96 * 1024;

export type BodyNeeds = {
  readonly entrance: (request: IncomingMessage) => Entrance;
  readonly memory: IntakeMemory;
  readonly spool: Spool;
  readonly maxTasks: number;
  readonly pace: Pace;
  readonly parse: (request: FastifyRequest, text: string) => Promise<unknown>;
  /** Where images stand, in a body that is an object and no array of tasks. */
  readonly isImage?: IsImage;
};

/** The encoding of a body. Nothing is decoded for a caller who is not known, since decoders take memory. */
const requireEncoding = ({ headers, owner }: FastifyRequest) => {
  const encoding = headers['content-encoding'];
  const isPlain = /^\s*(identity\s*)?$/i.test(encoding ?? '');
  if (!isPlain && !owner) throw missingKey('A compressed body needs the API key in a header.');
  return encodingOf(encoding);
};

/** Takes memory for a body. The request's end gives it back. */
export const openLease = ({ memory }: BodyNeeds, request: FastifyRequest): Lease => {
  request.lease?.end();
  request.lease = memory.open(request.owner?.id);
  return request.lease;
};

/** What a body of that length needs in memory: all of a small one. A large one is mostly images. */
const memoryFor = (length: number): number => (length <= LEAST_BYTES ? length : 2 * SPOOL_MEMORY_BYTES);
/** Reads the tasks of a body after its key was checked. The key may be in the first task of a plain body. */
export const readTasks = async (needs: BodyNeeds, request: FastifyRequest): Promise<unknown> => {
  const type = request.headers['content-type'];
  const wanted = needs.isImage ? 'a JSON object' : TASK_ARRAY;
  requireReadable(type, wanted);
  const encoding = requireEncoding(request);
  const beginning: Buffer[] = [];
  let take = async (piece: Buffer): Promise<void> => void beginning.push(piece);
  const body = openBody(request.raw, {
    maxBytes: MAX_BODY_BYTES,
    pace: needs.pace,
    isCrowded: () => needs.memory.isCrowded() || needs.spool.isCrowded(),
    encoding,
    take: (piece) => take(piece),
  });

  if (!request.owner) {
    openLease(needs, request).need(STRANGER_BYTES);
    await body.readTo(KEY_BYTES);
    request.owner = await authenticate(needs.entrance(request.raw), {}, firstTask(Buffer.concat(beginning)));
  }
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);

  const lease = openLease(needs, request);
  // Memory last, so that nobody holds it while waiting for the disk.
  const spooled = needs.spool.open(request.owner.id);
  request.spooled = spooled;
  await spooled.reserve(decodedBytes(length), BODY_WAIT_MS);
  await lease.reserve(memoryFor(length));
  const reader = createJsonReader({
    maxTasks: needs.maxTasks,
    what: 'body',
    spooled,
    decode: (bytes) => readText(bytes, type, wanted),
    parse: (text) => needs.parse(request, text),
    isImage: needs.isImage,
  });
  take = async (piece) => {
    const settled = reader.take(piece);
    lease.need(reader.keptBytes());
    await settled;
  };
  for (const piece of beginning.splice(0)) await take(piece);
  await body.readTo(Infinity);
  request.isTaken = true;
  lease.keep(reader.keptBytes() + reader.treeBytes());
  return reader.finish(() => {
    lease.keep(reader.treeBytes());
    void spooled.drop();
  });
};
