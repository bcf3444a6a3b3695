import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Item } from './client.js';

// The common part of both transports of @runware/sdk 1.6.8. The package is not on npm, so this file imitates
// how it sends tasks, waits and detects an end.

/** The error that the client's user gets. `item` is the service's error. */
export class ClientError extends Error {
  constructor(
    readonly item: Item,
    readonly statusCode?: number,
  ) {
    super(String(item['message']));
  }
}

export type Task = Record<string, unknown> & { readonly taskType: string; readonly taskUUID: string };

/** `run()` is async by default, and sends the user's other parameters as they are. */
export const toTask = (params: Record<string, unknown>): Task => ({
  deliveryMethod: 'async',
  taskType: 'removeBackground',
  taskUUID: randomUUID(),
  ...params,
});

const isTerminal = (item: Item): boolean =>
  ['imageURL', 'result'].some((name) => item[name] !== undefined) || item['status'] === 'success';

/** Polls for the end: after 1 s, after another half second, then ever more slowly. */
export const poll = async (
  taskUUID: string,
  ask: (task: Task) => Promise<readonly Item[]>,
): Promise<readonly Item[]> => {
  for (let delayMs = 1000, polls = 0; ; polls++) {
    await pause(delayMs);
    const items = await ask({ taskType: 'getResponse', taskUUID });
    if (items.length > 0 && items.every(isTerminal)) return items;
    delayMs = polls === 0 ? 500 : Math.min(delayMs * 1.5, 10_000);
  }
};
