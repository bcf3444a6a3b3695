import { addressOf, type FailedTries } from '#callers';
import type { ServiceConfig } from '#config';
import type { Database, Owner } from '#database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Door } from '../doors/door.js';
import { authenticate, hasKey, type KeyHeaders } from '../tasks/authenticate.js';
import { paceOf, type Pace } from './body.js';
import type { IntakeMemory, Lease } from './intake-memory.js';
import type { IsImage } from './json-path.js';
import type { Fields } from '../uploads/multipart.js';
import { readForm } from './read-form.js';
import { readTasks, type BodyNeeds } from './read-tasks.js';
import type { Spool, Spooled } from './spool.js';
import { isUnread, leaveUnread } from './unread.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller, once the key is known to be good. */
    owner?: Owner;
    /** The memory of the body. */
    lease?: Lease;
    /** The images of the body. */
    spooled?: Spooled;
    /** All of the body was read. Its tasks are taken even if the caller leaves. */
    isTaken?: boolean;
  }
  interface FastifyInstance {
    /**
     * Reads a JSON object whose images may be large. The key must be known.
     * @param maxItems the most items of its lists, each as large as a task without its image
     * @throws TaskError
     */
    readObject(request: FastifyRequest, isImage: IsImage, maxItems?: number): Promise<unknown>;
    /** Reads the fields of a form without files. The key must be known. @throws TaskError */
    readForm(request: FastifyRequest): Promise<Fields>;
  }
  interface FastifyContextConfig {
    /** Of routes that imitate another service. All of them need a key in a header. */
    door?: Door;
    /** Of addresses whose GET does work, so that a HEAD would do it in vain. */
    refusesHead?: true;
  }
}

export type DoorOptions = {
  /** The least speed of a body. */
  readonly pace?: Pace;
};

const TASKS = '/v1';
/** Routes whose key must be in a header. */
const keyed: ReadonlySet<string | undefined> = new Set([
  '/v1/tasks/:taskUUID/events',
  '/v1/cutout',
  '/v1/images',
  '/v1/images/:taskUUID',
  '/v1/jobs',
  '/v1/jobs/:jobUUID',
  '/v1/jobs/:jobUUID/items',
  '/v1/jobs/:jobUUID/results.zip',
]);

const takesTasks = ({ method, routeOptions }: FastifyRequest) =>
  method === 'POST' && routeOptions.url === TASKS;

/** Routes that need a key. Only tasks may carry it in their body. */
const needsKey = (request: FastifyRequest) =>
  takesTasks(request) ||
  keyed.has(request.routeOptions.url) ||
  request.routeOptions.config?.door !== undefined;

/** The headers with the scheme of a door as the usual one. */
const keyHeadersOf = ({ headers, routeOptions }: FastifyRequest): KeyHeaders => {
  const { scheme } = routeOptions.config?.door ?? {};
  const [word = '', key, ...more] = headers.authorization?.trim().split(/ +/) ?? [];
  const isOfDoor = scheme !== undefined && word.toLowerCase() === scheme.toLowerCase() && more.length === 0;
  return isOfDoor && key !== undefined ? { ...headers, authorization: `Bearer ${key}` } : headers;
};

type Needs = {
  readonly database: Database;
  readonly memory: IntakeMemory;
  readonly spool: Spool;
  readonly tries: FailedTries;
  readonly config: Pick<ServiceConfig, 'MAX_TASKS_PER_REQUEST' | 'REQUEST_TIMEOUT_S' | 'TRUSTED_PROXIES'>;
};

/**
 * Reads at most 16 kB of a body, unparsed, before the key is checked. It reads the bodies of `POST /v1` only: uploads
 * read their own, and all others stay unread.
 */
export const guardBodies = (server: FastifyInstance, needs: Needs, { pace }: DoorOptions): void => {
  const { database, memory, spool, tries, config } = needs;
  const parseJson = server.getDefaultJsonParser('error', 'error');
  const parse: BodyNeeds['parse'] = (request, text) =>
    new Promise((resolve, reject) => {
      void parseJson(request, text, (cause, body) => (cause ? reject(cause) : resolve(body)));
    });
  const entrance: BodyNeeds['entrance'] = (raw) => ({
    database,
    tries,
    address: addressOf(raw, config.TRUSTED_PROXIES),
  });
  const bodyNeeds: BodyNeeds = {
    entrance,
    memory,
    spool,
    maxTasks: config.MAX_TASKS_PER_REQUEST,
    pace: pace ?? paceOf(config),
    parse,
  };

  server.decorateRequest('owner');
  server.decorateRequest('lease');
  server.decorateRequest('spooled');
  server.decorateRequest('isTaken');
  server.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      request.lease?.end();
      if (!request.isTaken) void request.spooled?.drop();
    });
    if (!needsKey(request)) return;
    const headers = keyHeadersOf(request);
    if (hasKey(headers)) request.owner = await authenticate(entrance(request.raw), headers, undefined);
  });
  server.decorate('readObject', (request: FastifyRequest, isImage: IsImage, maxItems?: number) =>
    readTasks({ ...bodyNeeds, isImage, ...(maxItems !== undefined && { maxTasks: maxItems }) }, request),
  );
  server.decorate('readForm', (request: FastifyRequest) => readForm(bodyNeeds, request));
  server.removeAllContentTypeParsers();
  // Some clients name a wrong type, or none.
  server.addContentTypeParser('*', async (request: FastifyRequest) =>
    takesTasks(request) ? readTasks(bodyNeeds, request) : undefined,
  );
  server.addHook('onSend', async (request, reply) => {
    // The tasks have their answers, so nobody reads the images any more.
    void request.spooled?.drop();
    if (!isUnread(request.raw)) return;
    reply.header('connection', 'close');
    leaveUnread(request.raw);
  });
};
