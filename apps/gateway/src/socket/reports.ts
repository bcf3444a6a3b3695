import type { Outcome } from '#contract';
import type { Owner, TaskRow } from '#database';
import type { WebSocket } from 'ws';
import type { Reported } from '../tasks/handlers.js';
import type { TaskEvents } from '../tasks/task-events.js';
import type { Background } from './background.js';
import type { Sender } from './sending.js';

/** Reports on one task that a frame brought. */
type Report = {
  /** The task is stored, and its caller asked for reports. */
  readonly stored: (reported: Reported) => void;
  /** The task has its answer, which for an async task is the acknowledgement. */
  readonly answered: () => void;
};

/** Frames that tell one connection how its tasks stand. */
export type Reports = {
  readonly open: () => Report;
  readonly isOpen: () => boolean;
};

type Needs = {
  readonly background: Background;
  readonly owner: Owner;
  readonly taskEvents: Pick<TaskEvents, 'states'>;
};
type Client = {
  readonly socket: Pick<WebSocket, 'once' | 'readyState' | 'OPEN'>;
  readonly sender: Pick<Sender, 'send' | 'isBehind'>;
};

/**
 * Reports on tasks until they end. Reports of a sync task end with its answer; those of an async task begin after its
 * acknowledgement, and `sendEnd` sends how it ended. A client that does not read gets only the latest state.
 */
export const createReports = (
  { background, owner, taskEvents }: Needs,
  { socket, sender }: Client,
  sendEnd: (task: TaskRow, outcome: Outcome) => void,
): Reports => {
  /** One for each task, however often it was sent. */
  const followed = new Map<string, AbortController>();
  socket.once('close', () => {
    for (const stopping of followed.values()) stopping.abort();
  });

  const tell = async ({ task, isAsync }: Reported, { signal }: AbortController) => {
    let told = '';
    for await (const { outcome, text, isEnd } of taskEvents.states(owner, task, signal)) {
      if (signal.aborted) return;
      if (isEnd) {
        if (isAsync) sendEnd(task, outcome);
        return;
      }
      if (text === told || sender.isBehind()) continue;
      sender.send(text);
      told = text;
    }
  };

  const follow = (reported: Reported): AbortController | undefined => {
    const { id } = reported.task;
    if (followed.has(id) || socket.readyState !== socket.OPEN) return undefined;
    const stopping = new AbortController();
    followed.set(id, stopping);
    background.run('task not reported on', () => tell(reported, stopping).finally(() => followed.delete(id)));
    return stopping;
  };

  const open = (): Report => {
    let following: AbortController | undefined;
    let waiting: Reported | undefined;
    return {
      stored: (reported) => {
        if (reported.isAsync) waiting = reported;
        else following = follow(reported);
      },
      answered: () => {
        following?.abort();
        if (waiting) follow(waiting);
      },
    };
  };

  return { open, isOpen: () => followed.size > 0 };
};
