import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Sockets } from '../socket/serve-sockets.js';
import type { WaitingRoom } from '../tasks/waiting-room.js';

/** How long the answers to sync callers may take to reach them once the grace of a stopping gateway is over. */
const CUT_OFF_MS = 1_000;
/** How often a closing server looks for idle connections. */
const LOOK_EVERY_MS = 50;

/**
 * Ends the HTTP side. A client may keep a connection open after its answer, or neither read nor write on; the
 * framework would wait for either.
 */
const closeServer = async (app: NestFastifyApplication, cutOffMs: number) => {
  const server = app.getHttpServer();
  const idle = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  const cutOff = setTimeout(() => server.closeAllConnections(), cutOffMs);
  await app.getHttpAdapter().close();
  clearInterval(idle);
  clearTimeout(cutOff);
};

type Callers = { readonly sockets: Sockets; readonly waitingRoom: WaitingRoom };

/**
 * Takes no more tasks and lets the callers that wait get their answers, for as long as the grace. WebSockets are
 * closed with 1012: their clients dial again and are told how their tasks stand.
 */
export const drain = async (
  app: NestFastifyApplication,
  { sockets, waitingRoom }: Callers,
  graceMs: number,
): Promise<void> => {
  const grace = new AbortController();
  const deadline = setTimeout(() => {
    // WebSockets first: their clients get no error for a task that goes on.
    grace.abort();
    waitingRoom.close();
  }, graceMs);
  await Promise.all([sockets.drain(grace.signal), closeServer(app, graceMs + CUT_OFF_MS)]);
  clearTimeout(deadline);
  waitingRoom.close();
  await sockets.settle();
};
