import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { addressOf } from '#callers';
import type { ServiceConfig } from '#config';
import { MAX_BODY_BYTES, TaskError } from '#contract';
import { findWorkingKeys, touchSessions } from '#database';
import { token } from '#nest';
import { WebSocketServer, type WebSocket } from 'ws';
import { withoutEndSlash } from '../http/allowed-methods.js';
import { mayDial } from '../http/origins.js';
import { answerRaw } from '../http/raw-answer.js';
import { isDryRun } from '../tasks/dry-run.js';
import { serveConnection, type Connection, type ConnectionOptions } from './connection.js';
import { maxFrameBytesOf } from './limits.js';
import { createPlaces } from '../tasks/places.js';
import type { SessionNeeds } from './session.js';
import { answerPlainly, wantsWebSocket } from './upgrade.js';

const PATH = '/v1';
/** Interval at which open sessions are marked as alive; well below their expiry. */
const TOUCH_EVERY_MS = 30_000;
/** A revoked key stops within this time. */
const CHECK_KEYS_MS = 3_000;
/** Connections of one address that have not authenticated. */
const MAX_STRANGERS = 10;
/** Time for a client to answer a close. */
const CLOSE_MS = 1_000;
/** Interval at which a stopping gateway looks for connections without unanswered tasks. */
const LOOK_EVERY_MS = 50;
/** WebSocket close code: clients reconnect at once and send unanswered tasks again. */
const SERVICE_RESTART = 1012;

export type SocketOptions = ConnectionOptions & {
  /** Interval at which the keys of open connections are checked. */
  readonly checkKeysMs?: number;
};

type Needs = SessionNeeds & {
  readonly server: Server;
  readonly config: Pick<ServiceConfig, 'CORS_ORIGINS' | 'TRUSTED_PROXIES'>;
  readonly options: SocketOptions;
};

export type Sockets = {
  /** Open connections, and how many of them are authenticated. */
  readonly count: () => { readonly connections: number; readonly sessions: number };
  /** Refuses new connections, and closes each open one when its tasks are answered or the grace is over. */
  readonly drain: (graceOver: AbortSignal) => Promise<void>;
  /** Resolves when all work of the connections has ended. Close the waiting room first. */
  readonly settle: () => Promise<void>;
};

const nothingHere = new TaskError('notFound', 'There is no WebSocket at this address; it is at /v1.');
const stopping = new TaskError('serviceUnavailable', 'The service is stopping; connect again.');
const faultyHandshake = new TaskError(
  'invalidRequest',
  'The WebSocket handshake is faulty: it takes GET, Upgrade: websocket, Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key.',
);
const foreignPage = new TaskError(
  'forbidden',
  "Pages of this Origin may not connect. The service's operator allows them by CORS_ORIGINS.",
);

const tooManyStrangers = new TaskError(
  'rateLimitExceeded',
  `Your address has ${MAX_STRANGERS} WebSockets that have not authenticated; try again in 5 s.`,
  { max: MAX_STRANGERS, retryAfter: 5 },
);

export const SOCKETS = token<Sockets>('sockets');

/** Whether the connection is for dry runs, or why it is refused. */
const dryRunOf = (request: IncomingMessage): boolean | TaskError => {
  try {
    return isDryRun(request);
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
};

/** Closes a connection, and cuts it off when the client does not answer. */
const close = (socket: WebSocket) => {
  const cutOff = setTimeout(() => socket.terminate(), CLOSE_MS);
  socket.once('close', () => clearTimeout(cutOff));
  socket.close(SERVICE_RESTART, 'service restart');
};

/** Some clients give a sync task up when their connection ends, so the tasks in hand are answered first. */
const closeWhenAnswered = ({ socket, isBusy }: Connection, graceOver: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearInterval(looking);
      graceOver.removeEventListener('abort', look);
    };
    const look = () => {
      if (isBusy() && !graceOver.aborted) return;
      end();
      close(socket);
    };
    const looking = setInterval(look, LOOK_EVERY_MS);
    // At once, so that no task is answered with the end of the service.
    graceOver.addEventListener('abort', look);
    socket.once('close', () => {
      end();
      resolve();
    });
    look();
  });

/** Serves the task API over WebSocket at /v1. */
export const serveSockets = ({ server, options, ...needs }: Needs): Sockets => {
  const { checkKeysMs = CHECK_KEYS_MS } = options;
  const { config, database, background, log } = needs;
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_BODY_BYTES,
    perMessageDeflate: false,
  });
  const refuse = (socket: Duplex, problem: TaskError) => answerRaw(socket, problem, config.PUBLIC_URL);
  webSockets.on('wsClientError', (_error, socket) => refuse(socket, faultyHandshake));
  const connections = new Set<Connection>();
  let isDraining = false;

  const touch = (left: readonly Connection[]) => {
    const ids = left.flatMap(({ sessionId }) => sessionId() ?? []);
    if (ids.length > 0) background.run('sessions not touched', () => touchSessions(database, ids));
  };
  const touching = setInterval(() => touch([...connections]), TOUCH_EVERY_MS);

  /** Closes the connections whose key works no more. */
  const checkKeys = async () => {
    const hashes = new Set([...connections].flatMap(({ keyHash }) => keyHash() ?? []));
    if (hashes.size === 0) return;
    const working = await findWorkingKeys(database, [...hashes]);
    for (const { keyHash, revoke } of connections) {
      const hash = keyHash();
      // A key that was sent meanwhile is not in the answer.
      if (hash !== undefined && hashes.has(hash) && !working.has(hash)) revoke();
    }
  };
  const checking = setInterval(() => background.run('keys not checked', checkKeys), checkKeysMs);
  const strangers = createPlaces(MAX_STRANGERS);

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!wantsWebSocket(request)) return answerPlainly(server, request, socket, head);
    socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (withoutEndSlash(path) !== PATH) return refuse(socket, nothingHere);
    if (isDraining) return refuse(socket, stopping);
    if (!mayDial(config, request.headers)) return refuse(socket, foreignPage);

    const isDry = dryRunOf(request);
    if (isDry instanceof TaskError) return refuse(socket, isDry);

    const address = addressOf(request, config.TRUSTED_PROXIES);
    const leave = strangers.enter(address);
    if (!leave) return refuse(socket, tooManyStrangers);
    socket.once('close', leave);

    return webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const maxFrameBytes = maxFrameBytesOf(request.headers['user-agent']);
      const dialled = {
        socket: webSocket,
        stream: socket,
        isDryRun: isDry,
        maxFrameBytes,
        address,
        onAuthenticated: leave,
      };
      const connection = serveConnection(needs, dialled, options);
      connections.add(connection);
      webSocket.once('close', () => {
        connections.delete(connection);
        touch([connection]);
      });
    });
  });

  return {
    count: () => {
      const sessions = [...connections].filter(({ sessionId }) => sessionId() !== undefined);
      return { connections: connections.size, sessions: sessions.length };
    },
    drain: async (graceOver) => {
      isDraining = true;
      clearInterval(touching);
      clearInterval(checking);
      await Promise.all([...connections].map((connection) => closeWhenAnswered(connection, graceOver)));
    },
    settle: background.settle,
  };
};
