import { MAX_BODY_BYTES } from '#contract';
import type { ServiceConfig } from '#config';
import type { Database, Owner } from '#database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authenticate, hasKey, missingKey } from '../tasks/authenticate.js';
import { openBody, tooLarge, type Pace } from './body.js';
import { encodingOf } from './decoder.js';
import { firstTask, KEY_BYTES } from './first-task.js';
import { explainRefusal, readText, requireReadable } from './read-json.js';
import { isUnread, leaveUnread } from './unread.js';
import { createValueLimit, maxValuesOf } from './value-limit.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller, once the key is known to be good. */
    owner?: Owner;
  }
}

export type DoorOptions = {
  /** The least speed of a body. */
  readonly pace?: Pace;
};

const TASKS = '/v1';
const PACE: Pace = { bytes: KEY_BYTES, everyMs: 30_000 };

const takesTasks = ({ method, routeOptions }: FastifyRequest) =>
  method === 'POST' && routeOptions.url === TASKS;

type Needs = {
  readonly database: Database;
  readonly config: Pick<ServiceConfig, 'MAX_TASKS_PER_REQUEST'>;
};

/** The encoding of a body. Nothing is decoded for a caller who is not known, since decoders take memory. */
const requireEncoding = ({ headers, owner }: FastifyRequest) => {
  const encoding = headers['content-encoding'];
  const isPlain = /^\s*(identity\s*)?$/i.test(encoding ?? '');
  if (!isPlain && !owner) throw missingKey('A compressed body needs the API key in a header.');
  return encodingOf(encoding);
};

/** Reads a body after its key was checked. The key may be in the first task of a plain body. */
const readTasks = async (needs: Needs, request: FastifyRequest, pace: Pace): Promise<Buffer> => {
  const inspect = createValueLimit(maxValuesOf(needs.config.MAX_TASKS_PER_REQUEST));
  const encoding = requireEncoding(request);
  const body = openBody(request.raw, { maxBytes: MAX_BODY_BYTES, pace, encoding, inspect });
  if (!request.owner) {
    await body.readTo(KEY_BYTES);
    request.owner = await authenticate(needs.database, {}, firstTask(body.bytes()));
  }
  if (Number(request.headers['content-length']) > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
  await body.readTo(Infinity);
  return body.bytes();
};

/**
 * Reads at most 16 kB of a body, unparsed, before the key is checked. Only `POST /v1` takes a body; all other
 * bodies stay unread.
 */
export const guardBodies = (server: FastifyInstance, needs: Needs, { pace = PACE }: DoorOptions): void => {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  const parse = (request: FastifyRequest, text: string) =>
    new Promise<unknown>((resolve, reject) => {
      void parseJson(request, text, (cause, body) => {
        if (cause) reject(explainRefusal(text, cause));
        else resolve(body);
      });
    });
  const read = async (request: FastifyRequest) => {
    const type = request.headers['content-type'];
    requireReadable(type);
    const bytes = await readTasks(needs, request, pace);
    return parse(request, readText(bytes, type));
  };

  server.decorateRequest('owner');
  server.addHook('onRequest', async (request) => {
    if (takesTasks(request) && hasKey(request.headers)) {
      request.owner = await authenticate(needs.database, request.headers, undefined);
    }
  });
  server.removeAllContentTypeParsers();
  // Some clients name a wrong type, or none.
  server.addContentTypeParser('*', async (request: FastifyRequest) =>
    takesTasks(request) ? read(request) : undefined,
  );
  server.addHook('onSend', async (request, reply) => {
    if (!isUnread(request.raw)) return;
    reply.header('connection', 'close');
    leaveUnread(request.raw);
  });
};
