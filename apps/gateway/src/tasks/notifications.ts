import { knownKeysOf, listen, type Database, type Notifications } from '#database';
import { token, type Shutdown } from '#nest';
import { createFaultLog, type Logger } from '#telemetry';
import type { Admission } from './admission.js';
import type { WaitingRoom } from './waiting-room.js';

/** Tells the waiting room and the admission of every task that ends, and forgets keys that are changed. */
export const NOTIFICATIONS = token<Notifications>('notifications');

type Needs = {
  readonly directUrl: string;
  readonly database: Database;
  readonly waitingRoom: Pick<WaitingRoom, 'announce'>;
  readonly admission: Pick<Admission, 'ended'>;
  readonly log: Logger;
  readonly shutdown: Shutdown;
};

export const openNotifications = (needs: Needs): Notifications => {
  const { directUrl, database, waitingRoom, admission, log, shutdown } = needs;
  const knownKeys = knownKeysOf(database);
  const notifications = listen(directUrl, {
    onEnded: (taskId) => {
      waitingRoom.announce(taskId);
      admission.ended();
    },
    onKeyChanged: knownKeys.forget,
    onListening: knownKeys.setTold,
    onError: createFaultLog(log, 'no notifications from the database'),
  });
  return shutdown.closes('feed of ended tasks', notifications, (opened) => opened.close());
};
