import { describe, expect, it } from '@jest/globals';
import { catalogue } from '#models';
import { published, type Assumptions } from './assumptions.js';
import type { Backend, Cost, Measured } from './measured.js';
import { coresPerGpu, fastest, gpusFor, limits, plan, taskCost, workersPerGpu } from './model.js';

/** Round figures, to be multiplied by heart. */
const cost: Cost = {
  tasks: 100,
  perSecond: 10,
  cpuMs: { gateway: 4, worker: 8, dispatcher: 2, postgres: 5, redis: 0.5 },
  transactions: 10,
  walBytes: 5_000,
  commands: 30,
};
const backend: Backend = {
  idle: { cpuMs: cost.cpuMs, transactions: 1 },
  tiny: { inline: cost, url: cost },
  connections: { gateway: 11, worker: 5, dispatcher: 5 },
  jobBytes: 1_000,
};
const photoCost: Cost = { ...cost, cpuMs: { ...cost.cpuMs, gateway: 5, worker: 140 } };
const inPostgres: Cost = { ...cost, cpuMs: { gateway: 4, worker: 8, dispatcher: 2, postgres: 10 } };
const measured: Measured = {
  machine: { cpu: 'any', cores: 2, node: '20', postgres: '18', redis: '7', date: '2026-11-22' },
  backends: { redis: backend, postgres: { ...backend, tiny: { inline: inPostgres, url: inPostgres } } },
  photo: {
    width: 1632,
    height: 1224,
    jpegBytes: 500_000,
    pngBytes: 1_500_000,
    inline: { ...photoCost, cpuMs: { ...photoCost.cpuMs, gateway: 20 } },
    url: photoCost,
    stages: { decode: 20, preprocess: 10, postprocess: 10, encode: 80 },
  },
  rows: { tasks: 1_000, images: 300, deliveries: 400, attempts: 400 },
  commits: { clients: 8, silent: 2_000, notifying: 1_000, notifyingAfter: 1_800 },
};
const assumed: Assumptions = {
  fullness: 0.5,
  acceptMs: 20,
  receiverMs: 100,
  postgres: { cores: 10, memoryBytes: 100e9 },
};

describe('the model of the capacity', () => {
  it('takes the pixels from photos, and the rest from tiny images with the queue in Redis', () => {
    expect(taskCost(measured, 'url')).toEqual({
      gatewayMs: 5,
      workerMs: 140,
      dispatcherMs: 2,
      postgresMs: 5,
      redisMs: 0.5,
      transactions: 10,
      endsPerSecond: 1_000,
      walBytes: 5_000,
      jobBytes: 1_000,
      rows: 5,
      rowBytes: 2_400,
      keptBytes: 2_000_000,
      storeBytes: 3_500_000,
      storeRequests: 3,
    });
  });

  it('reads an image of a request back from the store, and writes no webhook', () => {
    expect(taskCost(measured, 'inline')).toMatchObject({
      gatewayMs: 20,
      rows: 3,
      rowBytes: 1_600,
      storeBytes: 4_000_000,
      storeRequests: 4,
    });
  });

  it('takes Postgres for the queue where no Redis was measured', () => {
    const { postgres } = measured.backends;
    expect(taskCost({ ...measured, backends: { postgres } }, 'url')).toMatchObject({
      postgresMs: 10,
      redisMs: 0,
    });
  });

  it('plans GPUs half full when told so, and never a part of one', () => {
    expect(gpusFor(50, 100, assumed)).toBe(10);
    expect(gpusFor(1, 10, assumed)).toBe(1);
  });

  it('wants more cores and more workers beside a faster GPU', () => {
    expect(coresPerGpu(140, 10)).toBe(14);
    expect(workersPerGpu(measured, 3)).toBe(3);
    expect(workersPerGpu(measured, 300)).toBe(1);
  });

  it('plans a fleet', () => {
    expect(plan(taskCost(measured, 'url'), { rate: 1_000, gpuMs: 100 }, assumed)).toEqual({
      gpus: 200,
      workerCores: 280,
      // 5 ms of a core each ask for 10; six at once of 20 ms each for 7.
      gateways: 10,
      // 2 ms of a core each ask for 4; sixteen at once of 100 ms each for 13.
      dispatchers: 13,
      redisServers: 1,
      backlogBytes: 60_000_000,
      postgresCores: 10,
      primariesByCores: 1,
      primariesByCommits: 2,
      transactions: 10_000,
      walBytes: 5_000_000,
      walBytesAtMost: 5_000_000 + 1_000 * 3 * 8_192,
      connections: 200 * 10 + 23 * 11,
      rowsPerDay: 432_000_000,
      rowBytesPerDay: 1_000 * 2_400 * 86_400,
      daysInMemory: 100e9 / (1_000 * 2_400 * 86_400),
      notifications: 23_000,
      storeBytes: 3.5e9,
      storeRequests: 3_000,
      storedBytesPerDay: 1_000 * 2e6 * 86_400,
    });
  });

  it('plans two of what must not fail', () => {
    expect(plan(taskCost(measured, 'url'), { rate: 1, gpuMs: 100 }, assumed)).toMatchObject({
      gpus: 1,
      gateways: 2,
      dispatchers: 2,
    });
  });

  it('tells how far it saw', () => {
    expect(fastest(measured)).toBe(10);
  });

  it('says at which rate one of a kind is full', () => {
    expect(limits(measured, assumed)).toEqual({
      gateway: 100,
      inlineGateway: 25,
      gate: 150,
      codecThreads: 80,
      webhooksOfOneHost: 20,
      webhooks: 80,
      redis: 1_000,
      notifyingCommits: 500,
      postgresCpu: 1_000,
      queueInPostgresCpu: 500,
    });
  });
});

describe('the published figures', () => {
  it.each(published)('of $what are those of the catalogue', ({ air, words }) => {
    const texts = catalogue.get(air)?.figures.map(({ text }) => text);
    expect(texts?.join('\n')).toContain(words);
  });
});
