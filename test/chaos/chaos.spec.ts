import { expect, it } from '@jest/globals';
import { redisIsInstalled } from '#test/redis';
import { nothingWrong } from './oracle.js';
import { runChaos } from './run-chaos.js';
import type { Backend, StorageKind } from './stage.js';

const stages: readonly [Backend, StorageKind][] = redisIsInstalled()
  ? [
      ['Postgres', 'disk'],
      ['Redis', 'S3'],
    ]
  : [['Postgres', 'S3']];

// The short form of `npm run test:chaos`, always with the same faults in the same order.
it.each(stages)(
  'each accepted task ends once, is counted once and told of, whatever fails, with its queue on %s and images on %s',
  async (backend, storage) => {
    const report = await runChaos({
      backend,
      storage,
      seed: 7,
      goesOn: (faults) => faults < 6,
      tasks: 60,
      restMs: 500,
      longestMs: 2_000,
    });
    expect(report.accepted).toBeGreaterThanOrEqual(60);
    expect(report.verdict).toEqual(nothingWrong);
    expect(report.crashes).toEqual([]);
  },
  900_000,
);
