import { randomUUID } from 'node:crypto';
import { routingOf, TaskError, toFailure, type Outcome, type Routing } from '#contract';
import { addSessionItems, keepSessionFrame, removeSessionItems, type SessionItem } from '#database';
import { WebSocket } from 'ws';
import type { Reported } from '../tasks/handlers.js';
import { inOrder } from './background.js';
import { catchUp } from './catch-up.js';
import { toFrame } from './frames.js';
import { createReports } from './reports.js';
import { createOutbox, type Answered, type Sender } from './sending.js';
import {
  isEndInPoll,
  isEndOfTask,
  mustBeKept,
  toItem,
  type NewItem,
  type Opened,
  type SessionNeeds,
} from './session.js';

type Line = {
  readonly socket: WebSocket;
  readonly sender: Sender;
  readonly isDryRun: boolean;
  /** Longest frame that the client accepts, if that is known. */
  readonly maxFrameBytes: number;
};

/** One session on one connection. */
export type Conversation = {
  /** Sends the answers that earlier connections missed, and follows unfinished tasks. */
  readonly resume: () => Promise<void>;
  /** Starts the tasks. Each is answered as soon as it ends. @returns resolves when all are answered */
  readonly take: (tasks: readonly unknown[], onBegun: () => void) => Promise<void>;
  /** Records for the next connection that the client refused a frame as too large. */
  readonly refuse: () => void;
  readonly isBusy: () => boolean;
  /** Whether the client still gets reports on a task. */
  readonly isReporting: () => boolean;
};

/** The task that an outcome names. The answer to a poll names the polled task. */
const routingOfOutcome = (outcome: Outcome): Routing =>
  routingOf('result' in outcome ? outcome.result : outcome.error);

const tooLarge = (what: string) => new TaskError('maxFrameSizeExceeded', `${what}: use outputType URL.`);

export const openConversation = (
  needs: SessionNeeds,
  { socket, sender, isDryRun, maxFrameBytes }: Line,
  { owner, sessionId, items: earlier }: Opened,
): Conversation => {
  const { answerTasks, background, config, database } = needs;
  const write = inOrder(background, 'session not written');
  const items = new Map<string, NewItem>(earlier.map((item) => [item.taskUuidSent.toLowerCase(), item]));
  const itemOf = (taskUUID: string | undefined) => items.get(taskUUID?.toLowerCase() ?? '');

  const forget = (confirmed: readonly Answered[]) => {
    const ids = confirmed.flatMap(({ itemId }) => itemId ?? []);
    if (ids.length === 0) return;
    for (const { routing, itemId } of confirmed) {
      const uuid = routing.taskUUID?.toLowerCase() ?? '';
      if (items.get(uuid)?.id === itemId) items.delete(uuid);
    }
    write(() => removeSessionItems(database, ids));
  };
  const outbox = createOutbox(socket, sender, forget);
  let inHand = 0;

  const refusalOf = (routing: Routing, what: string) =>
    toFrame(toFailure(tooLarge(what), routing), config.PUBLIC_URL);

  /** Sends a frame, or an error to a client that would close its connection because of the frame. */
  const send = (frame: string, answered: Answered) => {
    const isTooLarge = Buffer.byteLength(frame) > maxFrameBytes;
    const what = `Your client accepts frames of at most ${maxFrameBytes} bytes`;
    outbox.send(isTooLarge ? refusalOf(answered.routing, what) : frame, answered);
  };

  const isOpen = () => socket.readyState === WebSocket.OPEN;

  /** Stores the tasks before any is answered. A repeated task replaces its predecessor. */
  const note = (tasks: readonly unknown[]): (NewItem | undefined)[] => {
    const noted = tasks.map((raw) => (isDryRun ? undefined : toItem(raw, sessionId)));
    const fresh = noted.flatMap((item) => item ?? []);
    if (fresh.length === 0) return noted;

    const replaced = fresh.flatMap(({ taskUuidSent }) => itemOf(taskUuidSent)?.id ?? []);
    for (const item of fresh) items.set(item.taskUuidSent.toLowerCase(), item);
    if (replaced.length > 0) write(() => removeSessionItems(database, replaced));
    write(() => addSessionItems(database, fresh));
    return noted;
  };

  /** The stored task that this outcome ends. */
  const endedBy = (raw: unknown, item: NewItem | undefined, outcome: Outcome): NewItem | undefined => {
    if (item) return isEndOfTask(item, outcome) ? item : undefined;
    const { taskType, taskUUID } = routingOf(raw);
    return taskType === 'getResponse' && isEndInPoll(outcome) ? itemOf(taskUUID) : undefined;
  };

  const deliver = (raw: unknown, item: NewItem | undefined, outcome: Outcome) => {
    const frame = toFrame(outcome, config.PUBLIC_URL);
    const ended = endedBy(raw, item, outcome);
    if (ended && mustBeKept(outcome)) write(() => keepSessionFrame(database, ended.id, frame));
    send(frame, { routing: routingOfOutcome(outcome), itemId: ended?.id });
  };

  const reports = createReports({ ...needs, owner }, { socket, sender }, (task, outcome) => {
    const itemId = itemOf(task.taskUuidSent)?.id;
    send(toFrame(outcome, config.PUBLIC_URL), { routing: routingOfOutcome(outcome), itemId });
  });

  const answerOne = async (
    raw: unknown,
    item: NewItem | undefined,
    answering: Promise<Outcome>,
    onAnswered: () => void,
  ) => {
    inHand++;
    try {
      deliver(raw, item, await answering);
    } finally {
      inHand--;
      onAnswered();
    }
  };

  return {
    resume: async () => {
      const isWanted = (item: SessionItem) => isOpen() && itemOf(item.taskUuidSent)?.id === item.id;
      const waits = await catchUp({ needs, owner, send, isWanted }, earlier);
      for (const wait of waits) background.run('task not followed', wait);
    },
    take: (tasks, onBegun) => {
      const noted = note(tasks);
      const reported = tasks.map(() => reports.open());
      const onReported = (about: Reported, i: number) => reported[i]?.stored(about);
      const answers = answerTasks({ owner, tasks, isDryRun, onBegun, onReported });
      const answered = answers.map((answering, i) =>
        answerOne(tasks[i], noted[i], answering, () => reported[i]?.answered()),
      );
      for (const each of answered) background.run('task not answered', () => each);
      return Promise.allSettled(answered).then(() => undefined);
    },
    refuse: () => {
      const refused = outbox.refused();
      const { taskType, taskUUID: taskUuidSent } = refused?.routing ?? {};
      if (!refused || !taskType || !taskUuidSent) return;
      const frame = refusalOf(refused.routing, 'Your client refused a frame of this size');
      const replaced = refused.itemId ?? itemOf(taskUuidSent)?.id;
      if (replaced) write(() => removeSessionItems(database, [replaced]));
      const item = { id: randomUUID(), sessionId, taskType, taskUuidSent, isAsync: false, frame };
      write(() => addSessionItems(database, [item]));
    },
    isBusy: () => inHand > 0,
    isReporting: reports.isOpen,
  };
};
