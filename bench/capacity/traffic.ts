import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createClient, removal, type Item } from '#test/client';
import { startPictureServer } from '#test/picture-server';
import type { Bench } from '../benchmark.js';
import type { Service } from '../overhead/service.js';

export const ways = ['inline', 'url'] as const;
export type Way = (typeof ways)[number];

/** Sends tasks for some seconds, `inFlight` at a time. */
type Traffic = (way: Way, seconds: number, inFlight: number) => Promise<{ tasks: number; ms: number }>;

const wanted = { outputType: 'URL', outputFormat: 'PNG' };

const check = ({ errors = [] }: { errors?: readonly Item[] }) => {
  if (errors[0]) throw new Error(`a task failed: ${JSON.stringify(errors[0])}`);
};

/** A receiver of webhooks. `ended` resolves with the task's webhook, and rejects if the task failed. */
const startWebhooks = async ({ closers }: Bench) => {
  const waiting = new Map<string | undefined, (body: { errors?: Item[] }) => void>();
  const server = createServer((request, response) => {
    const receive = async () => {
      const body = (await json(request)) as { data?: Item[]; errors?: Item[] };
      response.end();
      for (const { taskUUID } of [...(body.data ?? []), ...(body.errors ?? [])])
        waiting.get(taskUUID)?.(body);
    };
    receive().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const ended = async (taskUUID: string) => {
    check(await new Promise<{ errors?: Item[] }>((resolve) => waiting.set(taskUUID, resolve)));
    waiting.delete(taskUUID);
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, ended };
};

/** Clients that send the same picture repeatedly. */
export const startTraffic = async (bench: Bench, service: Service, picture: Buffer): Promise<Traffic> => {
  const pictures = await startPictureServer(picture);
  bench.closers.push(pictures.stop);
  const webhooks = await startWebhooks(bench);
  const client = createClient(service.url, service.key);
  const inline = picture.toString('base64');

  const senders: Record<Way, () => Promise<void>> = {
    inline: async () => check(await client.post([removal(inline, wanted)])),
    url: async () => {
      const more = { ...wanted, webhookURL: webhooks.url, deliveryMethod: 'async' };
      const task = removal(pictures.url, more);
      const ended = webhooks.ended(task.taskUUID);
      await Promise.all([client.post([task]).then(check), ended]);
    },
  };
  const { signal } = bench.stopping;
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  stopped.catch(() => undefined);

  return async (way, seconds, inFlight) => {
    const startMs = performance.now();
    let tasks = 0;
    const one = async () => {
      for (; performance.now() - startMs < seconds * 1000; tasks++) await senders[way]();
    };
    await Promise.race([stopped, Promise.all(Array.from({ length: inFlight }, one))]);
    return { tasks, ms: performance.now() - startMs };
  };
};
