import { setTimeout as pause } from 'node:timers/promises';
import type { Item } from './client.js';
import { ClientError, poll, toTask, type Task } from './typescript-task.js';

/** The REST transport of @runware/sdk 1.6.8. */
type RestClient = {
  readonly run: (params: Record<string, unknown>) => Promise<readonly Item[]>;
  /** The statuses of the answers so far. 0 means a failed connection. */
  readonly statuses: readonly number[];
};

type Body = { readonly data?: Item[]; readonly errors?: Item[] };

const MAX_RETRIES = 3;
const USER_AGENT = 'runware-typescript/1.6.8 (node/20) schemas/20260722152433';

const isRetried = (status: number) => status === 0 || status === 408 || status === 429 || status >= 500;

/** The client's default `retryDelayMs` is 1000. */
export const createRestClient = (url: string, key: string, retryDelayMs = 1000): RestClient => {
  const statuses: number[] = [];

  const postOnce = async (task: Task): Promise<{ status: number; body: Body }> => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
    };
    try {
      const body = JSON.stringify([task]);
      const response = await fetch(`${url}/v1`, { method: 'POST', headers, body });
      return { status: response.status, body: (await response.json()) as Body };
    } catch (error) {
      return { status: 0, body: { errors: [{ code: 'connection', message: String(error) }] } };
    }
  };

  /** Sends the same task with the same taskUUID again. Ignores Retry-After. */
  const post = async (task: Task): Promise<Body> => {
    for (let retries = 0; ; retries++) {
      const { status, body } = await postOnce(task);
      statuses.push(status);
      if (status >= 200 && status < 300) return body;
      if (!isRetried(status) || retries === MAX_RETRIES)
        throw new ClientError({ ...body.errors?.[0] }, status);
      await pause(retryDelayMs * 2 ** retries);
    }
  };

  const postForItems = async (task: Task): Promise<readonly Item[]> => {
    const { data = [], errors = [] } = await post(task);
    if (errors[0]) throw new ClientError(errors[0]);
    return data;
  };

  return {
    statuses,
    run: async (params) => {
      const task = toTask(params);
      // The client ignores errors in a 200 answer to a sync task.
      if (task['deliveryMethod'] === 'sync') return (await post(task)).data ?? [];
      await postForItems(task);
      return poll(task.taskUUID, postForItems);
    },
  };
};
