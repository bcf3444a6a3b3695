import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readServiceConfig } from '#config';
import { ProgramModule, Shutdown, STORAGE, TASK_QUEUE } from '#nest';
import { createLogger } from '#telemetry';
import { freshDatabase } from '#test/databases';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { HealthModule } from './health.module.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const answers = async () => undefined;
const isAway = async () => {
  throw new Error('away');
};

/** The module alone, on a real database; the other edges are what the test says. */
const openHealth = async (queue: typeof answers, storage: typeof answers) => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-health-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  const config = readServiceConfig({ DATABASE_URL: await freshDatabase(), DATA_DIR: folder });
  const log = createLogger('test', 'silent');
  const crash = (error: Error) => {
    throw error;
  };
  const program = ProgramModule.of('gateway', { config, log, crash }, new Shutdown(log));
  const testing = await Test.createTestingModule({ imports: [program, HealthModule] })
    .overrideProvider(TASK_QUEUE)
    .useValue({ ping: queue })
    .overrideProvider(STORAGE)
    .useValue({ probe: storage })
    .compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  cleanUps.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app;
};

const ask = async (app: NestFastifyApplication, path: string) => {
  const response = await fetch(`${await app.getUrl()}${path}`);
  const kept = response.headers.get('cache-control');
  return { status: response.status, body: await response.json(), kept };
};

describe('GET /health/ready', () => {
  it('answers 503 and names the queue when only the queue is away', async () => {
    const app = await openHealth(isAway, answers);
    expect(await ask(app, '/health/ready')).toEqual({
      status: 503,
      body: { status: 'waiting', database: 'up', queue: 'down', storage: 'up', models: [] },
      kept: 'no-store',
    });
  });

  it('answers 503 while every dependency is up but no worker serves a model', async () => {
    const app = await openHealth(answers, answers);
    expect(await ask(app, '/health/ready')).toMatchObject({
      status: 503,
      body: { storage: 'up', queue: 'up', models: [] },
    });
  });
});

it('GET /health/live answers 200 although queue and storage are away', async () => {
  const app = await openHealth(isAway, isAway);
  expect(await ask(app, '/health/live')).toMatchObject({ status: 200, body: { status: 'live' } });
});
