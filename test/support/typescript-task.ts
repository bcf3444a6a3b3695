import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Item } from './client.js';

// What both transports of @runware/sdk 1.6.8 share. The package is not on npm, so its behaviour towards a server
// is written down here: what it sends, what it waits for, what it takes for an end.

/** The error that its user gets; `item` is what the server said. */
export class ClientError extends Error {
  constructor(
    readonly item: Item,
    readonly statusCode?: number,
  ) {
    super(String(item['message']));
  }
}

export type Task = Record<string, unknown> & { readonly taskType: string; readonly taskUUID: string };

/** `run()` is async unless it is told otherwise, and sends what its user gave it besides. */
export const toTask = (params: Record<string, unknown>): Task => ({
  deliveryMethod: 'async',
  taskType: 'removeBackground',
  taskUUID: randomUUID(),
  ...params,
});

const isTerminal = (item: Item): boolean =>
  ['imageURL', 'result'].some((name) => item[name] !== undefined) || item['status'] === 'success';

/** Asks for the end: after 1 s, again after half a second, then ever more slowly. */
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
