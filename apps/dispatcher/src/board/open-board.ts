import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { queueDepths, type Database } from '#database';
import type { TaskQueue } from '#queue';
import { NotFoundException } from '@nestjs/common';
import type { FastifyPluginCallback } from 'fastify';

type Needs = { readonly database: Database; readonly queue: Pick<TaskQueue, 'inspect'> };

export type Board = {
  /** Serves the page, its scripts and what they ask for. */
  readonly routes: FastifyPluginCallback;
  /** Looks up anew which queues there are to show. */
  readonly refresh: () => Promise<void>;
};

const uiConfig = {
  boardTitle: 'Clearcut queues',
  miscLinks: [{ text: 'Status', url: '/' }],
  hideDocsLink: true,
  sortQueues: true,
};

/** A queue as the board shows it: to be read, and of its jobs no more than ours carry. */
const toAdapter = (queue: Needs['queue'], model: string): BullMQAdapter => {
  const adapter = new BullMQAdapter(queue.inspect(model), { readOnlyMode: true, displayName: model });
  adapter.setFormatter('data', (data: { taskId?: unknown } | undefined) => ({ taskId: data?.taskId }));
  adapter.setFormatter('returnValue', () => null);
  return adapter;
};

/**
 * Leaves its errors to the filter of the admin port. The plugin of static files forbids paths that lead out of its
 * folder; they are answered as any other address where there is nothing.
 */
const passOn = (error: Error & { readonly statusCode?: number }): never => {
  throw error.statusCode === 403 ? new NotFoundException() : error;
};

/** bull-board, with a queue for each model that Postgres has tasks or servers of. */
export const openBoard = ({ database, queue }: Needs, base: string): Board => {
  const server = new FastifyAdapter().setBasePath(base);
  const { replaceQueues } = createBullBoard({ queues: [], serverAdapter: server, options: { uiConfig } });
  server.setErrorHandler(passOn);

  const adapters = new Map<string, BullMQAdapter>();
  const adapterOf = (model: string) => {
    const adapter = adapters.get(model) ?? toAdapter(queue, model);
    adapters.set(model, adapter);
    return adapter;
  };
  return {
    routes: server.registerPlugin(),
    refresh: async () => {
      const models = new Set((await queueDepths(database)).map(({ model }) => model));
      replaceQueues([...models].map(adapterOf));
    },
  };
};
