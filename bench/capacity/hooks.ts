import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Item } from '#test/client';

/** Receivers of webhooks, each at an address of its own, as those of different callers are. */
export type Hooks = {
  readonly urls: readonly string[];
  /** Resolves when the end of that task was told. */
  readonly told: (taskUUID: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export const startHooks = async (count: number): Promise<Hooks> => {
  const waiting = new Map<string, (end: Item) => void>();
  const hear = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await json(request);
    response.end();
    const { data = [], errors = [] } = body as { data?: Item[]; errors?: Item[] };
    for (const item of [...data, ...errors]) waiting.get(item.taskUUID ?? '')?.(item);
  };
  const start = async () => {
    const server = createServer((request, response) => {
      hear(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const servers = await Promise.all(Array.from({ length: count }, start));

  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`),
    told: async (taskUUID) => {
      const end = await new Promise<Item>((resolve) => waiting.set(taskUUID, resolve));
      waiting.delete(taskUUID);
      if (end.code) throw new Error(`a task failed: ${JSON.stringify(end)}`);
    },
    stop: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
};
