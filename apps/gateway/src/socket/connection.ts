import { routingOf, TaskError, toFailure } from '#contract';
import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';
import { isAuthentication } from '../tasks/authenticate.js';
import { openConversation, type Conversation } from './conversation.js';
import { authenticatedFrame, parseFrame, pongFrame, refusedFrame, toFrame } from './frames.js';
import {
  keepAlive,
  limitUnauthenticated,
  type KeepAliveOptions,
  type AuthenticationOptions,
} from './limits.js';
import { createPausing, createSender, type Sender, type SenderOptions } from './sending.js';
import { openSession, type SessionNeeds } from './session.js';

export type ConnectionOptions = KeepAliveOptions & AuthenticationOptions & SenderOptions;

export type Dialled = {
  readonly socket: WebSocket;
  /** The connection under the socket. */
  readonly stream: Duplex;
  readonly isDryRun: boolean;
  /** Longest frame that the client accepts, if that is known. */
  readonly maxFrameBytes: number;
};

/** One client's connection. */
export type Connection = {
  /** The id of its session, once it is authenticated. */
  readonly sessionId: () => string | undefined;
  readonly socket: WebSocket;
  /** Whether tasks of it are still to be answered. */
  readonly isBusy: () => boolean;
};

/** WebSocket close code of a message that is too large. */
const TOO_LARGE = 1009;
const TRY_AGAIN_LATER = 1013;
const INTERNAL_ERROR = 1011;

const isPing = (raw: unknown) => routingOf(raw).taskType === 'ping';

type Client = { readonly socket: WebSocket; readonly sender: Sender };

/** Tells a client why it was not authenticated, and closes the connection if that is our fault. */
const refuseClient = ({ log }: SessionNeeds, { socket, sender }: Client, error: unknown): void => {
  if (error instanceof TaskError && error.code !== 'serviceUnavailable') {
    sender.send(refusedFrame(error));
    return;
  }
  // The close must not mention the key: clients would treat the key as invalid.
  log.warn({ err: error }, 'client not authenticated');
  socket.close(TRY_AGAIN_LATER, 'try again later');
};

const refuseTasks = ({ config }: SessionNeeds, { sender }: Client, tasks: readonly unknown[]): void => {
  const details = { parameter: 'apiKey' };
  const error = new TaskError('missingApiKey', 'Send an authentication task first.', details);
  for (const raw of tasks) sender.send(toFrame(toFailure(error, routingOf(raw)), config.PUBLIC_URL));
};

/** Reads the tasks of a frame. A frame that holds none is refused in the background. */
const readTasks = (
  { background, config }: SessionNeeds,
  { sender }: Client,
  data: RawData,
  isAuthenticated: boolean,
): readonly unknown[] => {
  // ws passes one Buffer by default.
  const frame = parseFrame(data as Buffer, config.MAX_TASKS_PER_REQUEST);
  if ('tasks' in frame) return frame.tasks;

  // A client that is not authenticated gets a single error.
  const routings = isAuthenticated ? frame.routings : frame.routings.slice(0, 1);
  background.run('frame not refused', async () => {
    for (const routing of routings) {
      sender.send(toFrame(toFailure(frame.refusal, routing), config.PUBLIC_URL));
      await sender.ready();
    }
  });
  return [];
};

/** Handles the frames of one client one after the other. An error closes the connection and ends the queue. */
const createFrameQueue = ({ background }: SessionNeeds, { socket }: Client) => {
  let last: Promise<void> = Promise.resolve();
  return (work: () => Promise<void>, onEnd: () => void): void => {
    const before = last;
    background.run('frame not taken', () => {
      last = before.then(work).finally(onEnd);
      return last.catch((error: unknown) => {
        socket.close(INTERNAL_ERROR);
        throw error;
      });
    });
  };
};

/** Serves one client, whose first task must be `authentication`. */
export const serveConnection = (
  needs: SessionNeeds,
  { socket, stream, ...line }: Dialled,
  options: ConnectionOptions,
): Connection => {
  let sessionId: string | undefined;
  let conversation: Conversation | undefined;
  let isAtFault = false;
  const pausing = createPausing(socket);
  const sender = createSender(socket, pausing, options);
  const limits = limitUnauthenticated(socket, stream, pausing, options);
  const client = { socket, sender };
  const enqueue = createFrameQueue(needs, client);

  const authenticate = async (task: object) => {
    try {
      const opened = await openSession(needs.database, task);
      sessionId = opened.sessionId;
      conversation = openConversation(needs, { ...client, ...line }, opened);
      limits.lift();
      sender.send(authenticatedFrame(sessionId));
      await conversation.resume();
    } catch (error) {
      refuseClient(needs, client, error);
    }
  };

  const take = async (tasks: readonly unknown[]) => {
    const [first, ...others] = tasks;
    const rest = isAuthentication(first) ? others : tasks;
    if (isAuthentication(first)) await authenticate(first);
    if (conversation && rest.length > 0) conversation.take(rest);
    else refuseTasks(needs, client, rest);
  };

  socket.on('message', (data: RawData) => {
    // Frames that were read together with a refused one still arrive here.
    if (socket.readyState !== WebSocket.OPEN) return;
    const tasks = readTasks(needs, client, data, conversation !== undefined);
    // Pongs come first and need no key: a client without pongs drops its connection.
    if (tasks.some(isPing)) sender.send(pongFrame);
    const others = tasks.filter((raw) => !isPing(raw));
    if (others.length > 0) enqueue(() => take(others), limits.hold());
  });
  socket.on('error', (error) => {
    isAtFault = true;
    needs.log.debug({ err: error }, 'connection failed');
  });
  socket.once('close', (code) => {
    if (code === TOO_LARGE && !isAtFault) conversation?.refuse();
  });
  const isBusy = () => conversation?.isBusy() ?? false;
  keepAlive(socket, isBusy, options);

  return { socket, sessionId: () => sessionId, isBusy };
};
