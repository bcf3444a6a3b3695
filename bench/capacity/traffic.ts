import { createClient, removal, type Client } from '#test/client';
import { startPictureServer } from '#test/picture-server';
import type { Bench } from '../benchmark.js';
import type { Service } from '../overhead/service.js';
import { startHooks } from './hooks.js';

export type Way = 'inline' | 'url';

export type Made = { readonly tasks: number; readonly ms: number };

/** Makes tasks that way for so long, some at a time. */
export type Traffic = (way: Way, seconds: number, inFlight: number) => Promise<Made>;

const HOSTS = 4;
const wanted = { outputType: 'URL', outputFormat: 'PNG' };

const taken = async (client: Client, task: object): Promise<void> => {
  const { errors } = await client.post([task]);
  if (errors[0]) throw new Error(`a task failed: ${JSON.stringify(errors[0])}`);
};

/** Clients of a service who want the cutout of one picture, again and again. */
export const startTraffic = async (
  { closers, stopping }: Bench,
  { url, key }: Service,
  picture: Buffer,
): Promise<Traffic> => {
  const pictures = await startPictureServer(picture);
  closers.push(pictures.stop);
  const hooks = await startHooks(HOSTS);
  closers.push(hooks.stop);
  const client = createClient(url, key);
  const inline = picture.toString('base64');

  const ways: Record<Way, (nth: number) => Promise<void>> = {
    inline: () => taken(client, removal(inline, wanted)),
    url: async (nth) => {
      const webhookURL = hooks.urls[nth % HOSTS];
      const task = removal(pictures.url, { ...wanted, webhookURL, deliveryMethod: 'async' });
      const told = hooks.told(task.taskUUID);
      await Promise.all([taken(client, task), told]);
    },
  };

  const stopped = new Promise<never>((_, reject) => {
    stopping.signal.addEventListener('abort', () => reject(stopping.signal.reason));
  });
  stopped.catch(() => undefined);

  return async (way, seconds, inFlight) => {
    const startMs = performance.now();
    let tasks = 0;
    const one = async () => {
      while (performance.now() - startMs < seconds * 1000) await ways[way](tasks++);
    };
    await Promise.race([stopped, Promise.all(Array.from({ length: inFlight }, one))]);
    return { tasks, ms: performance.now() - startMs };
  };
};
