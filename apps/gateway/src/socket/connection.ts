import { routingOf, TaskError } from '#contract';
import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';
import { isAuthentication } from '../tasks/authenticate.js';
import { openConversation, type Conversation } from './conversation.js';
import { authenticatedFrame, parseFrame, pongFrame, refusedFrame } from './frames.js';
import type { Spooled } from '../door/spool.js';
import { countFrames } from './intake.js';
import {
  keepAlive,
  limitUnauthenticated,
  type KeepAliveOptions,
  type AuthenticationOptions,
} from './limits.js';
import { createPausing, createSender, type SenderOptions } from './sending.js';
import { refuseClient, refuseConnection, refuseFrame, refuseTasks, type Client } from './refusals.js';
import { openSession, type Opened, type SessionNeeds } from './session.js';

export type ConnectionOptions = KeepAliveOptions & AuthenticationOptions & SenderOptions;

export type Dialled = {
  readonly socket: WebSocket;
  /** The connection under the socket. */
  readonly stream: Duplex;
  readonly isDryRun: boolean;
  /** Longest frame that the client accepts, if that is known. */
  readonly maxFrameBytes: number;
  /** The caller's. */
  readonly address: string;
  readonly onAuthenticated: () => void;
};

/** One client's connection. */
export type Connection = {
  /** The id of its session, once it is authenticated. */
  readonly sessionId: () => string | undefined;
  /** The hash of its key, once it is authenticated. */
  readonly keyHash: () => string | undefined;
  readonly socket: WebSocket;
  /** Whether tasks of it are still to be answered. */
  readonly isBusy: () => boolean;
  /** Tells the client that its key works no more, and closes. */
  readonly revoke: () => void;
};

/** WebSocket close code of a message that is too large. */
const TOO_LARGE = 1009;
const INTERNAL_ERROR = 1011;
/** Of the range for applications: the key works no more. */
const KEY_REVOKED = 4001;

const isPing = (raw: unknown) => routingOf(raw).taskType === 'ping';

/** Handles the frames of one client one after the other. An error closes the connection and ends the queue. */
const createFrameQueue = ({ background }: SessionNeeds, { socket }: Client) => {
  let last: Promise<void> = Promise.resolve();
  return (work: () => Promise<void>, onEnd: () => void = () => undefined): void => {
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
  { socket, stream, address, onAuthenticated, ...line }: Dialled,
  options: ConnectionOptions,
): Connection => {
  let opened: Opened | undefined;
  let conversation: Conversation | undefined;
  let isAtFault = false;
  let isRevoked = false;
  const pausing = createPausing(socket);
  const sender = createSender(socket, pausing, options);
  const limits = limitUnauthenticated(socket, stream, pausing, options);
  const client = { socket, sender };
  const enqueue = createFrameQueue(needs, client);
  const readNext = createFrameQueue(needs, client);
  const sendAway = (error: TaskError) => refuseConnection(needs, client, error);
  const frames = countFrames(needs.memory, needs.log, { socket, stream, pausing, refuse: sendAway });

  const authenticate = async (task: object) => {
    try {
      opened = await openSession({ ...needs, address }, task);
      frames.own(opened.owner.id);
      onAuthenticated();
      conversation = openConversation(needs, { ...client, ...line }, opened);
      limits.lift();
      sender.send(authenticatedFrame(opened.sessionId));
      await conversation.resume();
    } catch (error) {
      refuseClient(needs, client, error);
    }
  };

  /** @param forget gives back what the frame takes */
  const take = async (tasks: readonly unknown[], forget: () => void) => {
    const [first, ...others] = tasks;
    const rest = isAuthentication(first) ? others : tasks;
    if (isAuthentication(first)) await authenticate(first);
    if (!conversation) refuseTasks(needs, client, rest);
    const taking = conversation;
    let answered = Promise.resolve();
    if (taking && rest.length > 0) {
      await new Promise<void>((begun) => {
        answered = taking.take(rest, begun);
      });
    }
    needs.background.run('frame not freed', () => answered.then(forget));
  };

  const parse = (data: Buffer, spooled: Spooled, free: (stillNeeded: number) => void) =>
    parseFrame(data, { max: needs.config.MAX_TASKS_PER_REQUEST, spooled, free }).catch((error: unknown) => {
      if (!(error instanceof TaskError)) throw error;
      sendAway(error);
      return { tasks: [] };
    });

  /** Reads a frame. @returns its tasks, without pings */
  const read = async (
    data: Buffer,
    spooled: Spooled,
    free: (stillNeeded: number) => void,
  ): Promise<readonly unknown[]> => {
    const frame = await parse(data, spooled, free);
    if ('refusal' in frame) {
      refuseFrame(needs, client, frame, conversation !== undefined);
      return [];
    }
    // Pongs come first and need no key: a client without pongs drops its connection.
    if (frame.tasks.some(isPing)) sender.send(pongFrame);
    return frame.tasks.filter((raw) => !isPing(raw));
  };

  /** Takes the tasks of a frame when those of earlier frames have begun. The bytes of the frame are not kept. */
  const takeInTurn = (tasks: readonly unknown[], release: () => void, forget: () => void) => {
    let isTaken = false;
    const end = () => {
      release();
      if (!isTaken) forget();
    };
    if (tasks.length === 0 || isRevoked) return end();
    return enqueue(() => {
      isTaken = true;
      return take(tasks, forget);
    }, end);
  };

  socket.on('message', (data: RawData) => {
    // Frames that were read together with a refused one still arrive here.
    if (socket.readyState !== WebSocket.OPEN) return;
    // ws passes one Buffer by default.
    const bytes = data as Buffer;
    const free = frames.arrived(bytes.length);
    const spooled = needs.spool.open(opened?.owner.id);
    const forget = () => {
      free(0);
      void spooled.drop();
    };
    const lift = limits.hold();
    // Nothing more is read until the tasks of this frame have begun.
    pausing.hold();
    const release = () => {
      lift();
      pausing.release();
    };
    readNext(async () => {
      try {
        takeInTurn(await read(bytes, spooled, free), release, forget);
      } catch (error) {
        forget();
        throw error;
      }
    });
  });
  socket.on('error', (error) => {
    isAtFault = true;
    needs.log.debug({ err: error }, 'connection failed');
  });
  socket.once('close', (code) => {
    if (code === TOO_LARGE && !isAtFault) conversation?.refuse();
  });
  const isBusy = () => conversation?.isBusy() ?? false;
  keepAlive(socket, () => isBusy() || (conversation?.isReporting() ?? false), options);

  return {
    socket,
    sessionId: () => opened?.sessionId,
    keyHash: () => opened?.keyHash,
    isBusy,
    revoke: () => {
      const message = 'The API key was revoked or has expired.';
      sender.send(refusedFrame(new TaskError('invalidApiKey', message)));
      isRevoked = true;
      socket.close(KEY_REVOKED, 'invalidApiKey');
    },
  };
};
