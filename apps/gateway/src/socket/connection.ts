import { routingOf, TaskError, toFailure, type Routing } from '#contract';
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
import { createPausing, createSender, type SenderOptions } from './sending.js';
import { openSession, type Opened, type SessionNeeds } from './session.js';

export type ConnectionOptions = KeepAliveOptions & AuthenticationOptions & SenderOptions;

export type Dialled = {
  readonly socket: WebSocket;
  /** The connection under the socket. */
  readonly stream: Duplex;
  readonly isDryRun: boolean;
};

/** One client's connection. */
export type Connection = {
  /** The id of its session, once it is authenticated. */
  readonly sessionId: () => string | undefined;
  readonly socket: WebSocket;
};

/** WebSocket close code of a message that is too large. */
const TOO_LARGE = 1009;
const TRY_AGAIN_LATER = 1013;
const INTERNAL_ERROR = 1011;

const isPing = (raw: unknown) => routingOf(raw).taskType === 'ping';

/** Serves one client, whose first task must be `authentication`. */
export const serveConnection = (
  needs: SessionNeeds,
  { socket, stream, isDryRun }: Dialled,
  options: ConnectionOptions,
): Connection => {
  const { background, config, database, log } = needs;
  let sessionId: string | undefined;
  let conversation: Conversation | undefined;
  let turn: Promise<void> = Promise.resolve();
  let isAtFault = false;
  const pausing = createPausing(socket);
  const sender = createSender(socket, pausing, options);
  const limits = limitUnauthenticated(socket, stream, pausing, options);

  const refuse = (error: unknown) => {
    if (error instanceof TaskError && error.code !== 'serviceUnavailable') {
      sender.send(refusedFrame(error));
      return;
    }
    // The close must not mention the key: clients would treat the key as invalid.
    log.warn({ err: error }, 'client not authenticated');
    socket.close(TRY_AGAIN_LATER, 'try again later');
  };

  const greet = async (opened: Opened) => {
    sessionId = opened.sessionId;
    conversation = openConversation(needs, { socket, sender, isDryRun }, opened);
    limits.lift();
    sender.send(authenticatedFrame(sessionId));
    await conversation.resume();
  };

  const authenticate = async (task: object) => {
    try {
      const opened = await openSession(database, task);
      await greet(opened);
    } catch (error) {
      refuse(error);
    }
  };

  const take = (tasks: readonly unknown[]) => {
    if (conversation) return conversation.take(tasks);
    const error = new TaskError('missingApiKey', 'Send an authentication task first.', {
      parameter: 'apiKey',
    });
    for (const raw of tasks) sender.send(toFrame(toFailure(error, routingOf(raw)), config.PUBLIC_URL));
  };

  const takeInTurn = async (tasks: readonly unknown[]) => {
    const [first, ...others] = tasks;
    if (!isAuthentication(first)) return take(tasks);
    await authenticate(first);
    if (others.length > 0) take(others);
  };

  const refuseAll = async (refusal: TaskError, routings: readonly Routing[]) => {
    for (const routing of routings) {
      sender.send(toFrame(toFailure(refusal, routing), config.PUBLIC_URL));
      await sender.ready();
    }
  };

  const read = (data: RawData): readonly unknown[] => {
    // ws passes one Buffer by default.
    const frame = parseFrame(data as Buffer, config.MAX_TASKS_PER_REQUEST);
    if ('tasks' in frame) return frame.tasks;
    // A client that is not authenticated gets a single error.
    const routings = conversation ? frame.routings : frame.routings.slice(0, 1);
    background.run('frame not refused', () => refuseAll(frame.refusal, routings));
    return [];
  };

  socket.on('message', (data: RawData) => {
    // Frames that were read together with a refused one still arrive here.
    if (socket.readyState !== WebSocket.OPEN) return;
    const tasks = read(data);
    // Pongs come first and need no key: a client without pongs drops its connection.
    if (tasks.some(isPing)) sender.send(pongFrame);
    const others = tasks.filter((raw) => !isPing(raw));
    if (others.length === 0) return;

    const before = turn;
    const goOn = limits.hold();
    background.run('frame not taken', () => {
      turn = before.then(() => takeInTurn(others)).finally(goOn);
      return turn.catch((error: unknown) => {
        socket.close(INTERNAL_ERROR);
        throw error;
      });
    });
  });
  socket.on('error', (error) => {
    isAtFault = true;
    log.debug({ err: error }, 'connection failed');
  });
  socket.once('close', (code) => {
    if (code === TOO_LARGE && !isAtFault) conversation?.refuse();
  });
  keepAlive(socket, () => conversation?.isBusy() ?? false, options);

  return { socket, sessionId: () => sessionId };
};
