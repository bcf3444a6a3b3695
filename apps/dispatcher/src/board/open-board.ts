import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { lanesInUse, type Database } from '#database';
import type { TaskQueue } from '#queue';
import { NotFoundException } from '@nestjs/common';
import type { FastifyPluginCallback } from 'fastify';

type Needs = { readonly database: Database; readonly queue: Pick<TaskQueue, 'inspect'> };

export type Board = {
  /** Serves the page, its scripts and its API. */
  readonly routes: FastifyPluginCallback;
  /** Looks up again which queues to show. */
  readonly refresh: () => Promise<void>;
};

const uiConfig = {
  boardTitle: 'Clearcut queues',
  miscLinks: [{ text: 'Status', url: '/' }],
  hideDocsLink: true,
  sortQueues: true,
};

/** Shows a queue read-only, and no fields of its jobs except ours. */
const toAdapter = (queue: Needs['queue'], lane: string): BullMQAdapter => {
  const adapter = new BullMQAdapter(queue.inspect(lane), { readOnlyMode: true, displayName: lane });
  adapter.setFormatter('data', (data: { taskId?: unknown } | undefined) => ({ taskId: data?.taskId }));
  adapter.setFormatter('returnValue', () => null);
  return adapter;
};

/** Passes errors on to the admin port's filter. A path outside the static files gets 404. */
const passOn = (error: Error & { readonly statusCode?: number }): never => {
  throw error.statusCode === 403 ? new NotFoundException() : error;
};

/** Opens bull-board with the queues of all served models, and of fetches and uploads while there are some. */
export const openBoard = ({ database, queue }: Needs, base: string): Board => {
  const server = new FastifyAdapter().setBasePath(base);
  const { replaceQueues } = createBullBoard({ queues: [], serverAdapter: server, options: { uiConfig } });
  server.setErrorHandler(passOn);

  const adapters = new Map<string, BullMQAdapter>();
  const adapterOf = (lane: string) => {
    const adapter = adapters.get(lane) ?? toAdapter(queue, lane);
    adapters.set(lane, adapter);
    return adapter;
  };
  return {
    routes: server.registerPlugin(),
    refresh: async () => {
      replaceQueues((await lanesInUse(database)).map(adapterOf));
    },
  };
};
