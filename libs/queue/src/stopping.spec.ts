import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { untilDisconnected } from '#test/connections';
import { freshDatabase } from '#test/databases';
import { createConsumer } from './index.js';

it('a consumer that stops while it starts leaves no connection open', async () => {
  const url = await freshDatabase();
  const errors: Error[] = [];
  for (const ms of [0, 5, 20, 80]) {
    const consumer = createConsumer({ DATABASE_URL: url }, async () => {}, {
      lanes: ['runware:109@1', 'runware:112@5'],
      concurrency: 1,
      longestPauseMs: 1_000,
      onError: (error) => errors.push(error),
    });
    if (ms > 0) consumer.run();
    await sleep(ms);
    await consumer.stop(0);
  }
  await untilDisconnected(url);
  expect(errors).toEqual([]);
});
