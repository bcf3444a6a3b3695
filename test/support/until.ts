import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes on a machine that has much else to do: who waits longer, hangs. */
export const HANG_MS = 60_000;

/** Polls until the answer is truthy. On a timeout, the error says what it waited for. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T> | T,
  timeoutMs = HANG_MS,
): Promise<NonNullable<T>> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(20);
  }
};
