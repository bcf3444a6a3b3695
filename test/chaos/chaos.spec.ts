import { expect, it } from '@jest/globals';
import { redisIsInstalled } from '#test/redis';
import { runChaos } from './run-chaos.js';

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);

// The short form of `npm run test:chaos`, always with the same faults in the same order.
it.each(backends)(
  'each accepted task ends once, is counted once and told of, whatever fails, with its queue on %s',
  async (backend) => {
    const { verdict, accepted } = await runChaos({ backend, seed: 7, faults: 12, tasks: 60 });
    expect(accepted).toBeGreaterThanOrEqual(60);
    expect(verdict).toEqual({
      lost: [],
      failed: [],
      twice: [],
      untold: [],
      manyIds: [],
      missingFiles: [],
      orphans: [],
    });
  },
  900_000,
);
