import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import type { Item } from '#test/client';
import type { Bench } from '../benchmark.js';
import type { Service } from '../overhead/service.js';

/** An HTTP client that costs little, since it runs on the same cores. */
export type Door = { readonly post: (tasks: unknown) => Promise<{ data?: Item[]; errors?: Item[] }> };

export const openDoor = ({ closers }: Bench, { url, key }: Service, connections: number): Door => {
  const pool = new Pool(url, { connections, headersTimeout: 600_000, bodyTimeout: 600_000 });
  closers.push(() => pool.destroy());
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return {
    post: async (tasks) => {
      const { body } = await pool.request({
        method: 'POST',
        path: '/v1',
        headers,
        body: JSON.stringify(tasks),
      });
      return (await body.json()) as { data?: Item[]; errors?: Item[] };
    },
  };
};

export const check = <T extends { errors?: Item[] }>(answer: T): T => {
  if (answer.errors?.[0]) throw new Error(`refused: ${JSON.stringify(answer.errors[0])}`);
  return answer;
};

export const uploadOf = (image: Buffer) => ({
  taskType: 'imageUpload',
  taskUUID: randomUUID(),
  image: image.toString('base64'),
});
