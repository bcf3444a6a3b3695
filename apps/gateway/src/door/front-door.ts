import { MAX_BODY_BYTES } from '#contract';
import type { ServiceConfig } from '#config';
import type { Database, Owner } from '#database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authenticate, hasKey } from '../tasks/authenticate.js';
import { openBody, tooLarge, type Pace } from './body.js';
import { firstTask, KEY_BYTES } from './first-task.js';
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

/** Reads a body after its key was checked. The key may be in the first task. */
const readTasks = async (needs: Needs, request: FastifyRequest, pace: Pace): Promise<Buffer> => {
  const inspect = createValueLimit(maxValuesOf(needs.config.MAX_TASKS_PER_REQUEST));
  const body = openBody(request.raw, { maxBytes: MAX_BODY_BYTES, pace, inspect });
  if (!request.owner) {
    await body.readTo(KEY_BYTES);
    request.owner = await authenticate(needs.database, undefined, firstTask(body.bytes()));
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

  server.decorateRequest('owner');
  server.addHook('onRequest', async (request) => {
    const { authorization } = request.headers;
    if (takesTasks(request) && hasKey(authorization)) {
      request.owner = await authenticate(needs.database, authorization, undefined);
    }
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', (request, _payload, done) => {
    if (!takesTasks(request)) return done(null, undefined);
    readTasks(needs, request, pace).then((bytes) => parseJson(request, bytes.toString(), done), done);
  });
  server.addHook('onSend', async (request, reply) => {
    if (!isUnread(request.raw)) return;
    reply.header('connection', 'close');
    leaveUnread(request.raw);
  });
};
