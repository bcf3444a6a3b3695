import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Item, type Reply } from './client.js';

const TRIES = 200;
const PAUSE_MS = 100;

/** A client that follows the contract: after a lost connection, 429, 5xx or a retryable error, it sends the same again. */
export type PatientClient = {
  readonly send: (tasks: readonly unknown[]) => Promise<Reply>;
  /** Sends so many tasks, some in each request, all requests at once. @throws Error when one is refused for good */
  readonly submit: (
    make: () => Record<string, unknown>,
    count: number,
    inARequest: number,
  ) => Promise<Item[]>;
  /** The status of a task, or the code of its error. */
  readonly poll: (taskUUID: string | undefined) => Promise<unknown>;
  /** What made it send again, and how often. */
  readonly troubles: ReadonlyMap<string, number>;
};

// When a gateway stops, a sync caller gets the finished results, and this error for the other tasks.
const isTemporary = ({ status, errors }: Reply) =>
  status === 429 || status >= 500 || errors.some(({ code }) => code === 'serviceUnavailable');

/** @param urls the gateways in use, as a load balancer would know them */
export const createPatientClient = (key: string, urls: () => readonly string[]): PatientClient => {
  const troubles = new Map<string, number>();
  const note = (trouble: string) => troubles.set(trouble, (troubles.get(trouble) ?? 0) + 1);

  const send: PatientClient['send'] = async (tasks) => {
    for (let tries = 1; ; tries++) {
      const all = urls();
      try {
        const reply = await createClient(all[tries % all.length] ?? '', key).post(tasks);
        if (!isTemporary(reply) || tries === TRIES) return reply;
        note(`${reply.status} ${[...new Set(reply.errors.map(({ code }) => code))].join(', ')}`);
      } catch (error) {
        if (tries === TRIES) throw error;
        note('connection lost');
      }
      await sleep(PAUSE_MS);
    }
  };

  return {
    send,
    submit: async (make, count, inARequest) => {
      const requests = Array.from({ length: count / inARequest }, () =>
        send(Array.from({ length: inARequest }, make)),
      );
      const replies = await Promise.all(requests);
      const refused = replies.flatMap(({ errors }) => errors);
      if (refused.length > 0) throw new Error(`tasks were refused: ${JSON.stringify(refused)}`);
      return replies.flatMap(({ data }) => data);
    },
    poll: async (taskUUID) => {
      const { data, errors } = await send([{ taskType: 'getResponse', taskUUID }]);
      return data[0]?.['status'] ?? errors[0]?.code;
    },
    troubles,
  };
};
