import type { ServiceConfig } from '#config';
import { listenEnded } from '#database';
import { token, type Shutdown } from '#nest';
import { createFaultLog, type Logger } from '#telemetry';
import type { Admission } from './admission.js';
import type { WaitingRoom } from './waiting-room.js';

type Feed = ReturnType<typeof listenEnded>;

/** Tells the waiting room and the admission of every task that ends. */
export const ENDED_FEED = token<Feed>('feed of ended tasks');

type Needs = {
  readonly config: Pick<ServiceConfig, 'DATABASE_URL'>;
  readonly waitingRoom: Pick<WaitingRoom, 'announce'>;
  readonly admission: Pick<Admission, 'ended'>;
  readonly log: Logger;
  readonly shutdown: Shutdown;
};

export const openEndedFeed = ({ config, waitingRoom, admission, log, shutdown }: Needs): Feed => {
  const onEnded = (taskId: string) => {
    waitingRoom.announce(taskId);
    admission.ended();
  };
  const onError = createFaultLog(log, 'no notifications from the database');
  const feed = listenEnded(config.DATABASE_URL, onEnded, onError);
  return shutdown.closes('feed of ended tasks', feed, (opened) => opened.close());
};
