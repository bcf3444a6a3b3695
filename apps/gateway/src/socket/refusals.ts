import { routingOf, TaskError, toFailure } from '#contract';
import type { WebSocket } from 'ws';
import { refusedFrame, toFrame, type RefusedFrame } from './frames.js';
import type { Sender } from './sending.js';
import type { SessionNeeds } from './session.js';

/** WebSocket close code: clients connect again and send their tasks again. */
const TRY_AGAIN_LATER = 1013;

export type Client = { readonly socket: WebSocket; readonly sender: Sender };

/** Tells a client why it was not authenticated, and closes the connection if that is our fault. */
export const refuseClient = (
  { logRefusal }: SessionNeeds,
  { socket, sender }: Client,
  error: unknown,
): void => {
  if (error instanceof TaskError && error.code !== 'serviceUnavailable') {
    sender.send(refusedFrame(error));
    return;
  }
  // The close must not mention the key: clients would treat the key as invalid.
  logRefusal(error);
  socket.close(TRY_AGAIN_LATER, 'try again later');
};

export const refuseTasks = (
  { config }: SessionNeeds,
  { sender }: Client,
  tasks: readonly unknown[],
): void => {
  const details = { parameter: 'apiKey' };
  const error = new TaskError('missingApiKey', 'Send an authentication task first.', details);
  for (const raw of tasks) sender.send(toFrame(toFailure(error, routingOf(raw)), config.PUBLIC_URL));
};

/** Refuses a frame that holds no tasks, in the background. A client that is not authenticated gets a single error. */
export const refuseFrame = (
  { background, config }: SessionNeeds,
  { sender }: Client,
  frame: RefusedFrame,
  isAuthenticated: boolean,
): void => {
  const routings = isAuthenticated ? frame.routings : frame.routings.slice(0, 1);
  background.run('frame not refused', async () => {
    for (const routing of routings) {
      sender.send(toFrame(toFailure(frame.refusal, routing), config.PUBLIC_URL));
      await sender.ready();
    }
  });
};

/** Tells a client that there is no room for its frame, and closes the connection. */
export const refuseConnection = (
  { config }: SessionNeeds,
  { socket, sender }: Client,
  error: TaskError,
): void => {
  sender.send(toFrame(toFailure(error, {}), config.PUBLIC_URL));
  socket.close(TRY_AGAIN_LATER, 'try again later');
};
