import { describe, expect, it } from '@jest/globals';
import { createLogger } from '#telemetry';
import { freePort } from '#test/redis';
import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SHUTDOWN, type Shutdown } from './shutdown.js';
import { nestOptions, startProgram } from './start.js';
import { provide, token } from './token.js';

const log = createLogger('test', 'silent');

@Controller()
class Page {
  @Get()
  show(): string {
    return 'here';
  }
}

@Module({})
class Program {
  static of(shutdown: Shutdown, providers: DynamicModule['providers'] = []): DynamicModule {
    return {
      module: Program,
      controllers: [Page],
      providers: [{ provide: SHUTDOWN, useValue: shutdown }, ...providers],
    };
  }
}

const create = (module: DynamicModule) =>
  NestFactory.create<NestFastifyApplication>(
    module,
    new FastifyAdapter({ forceCloseConnections: true }),
    nestOptions(log),
  );

const FIRST = token<string>('first');
const SECOND = token<string>('second');

/** Two resources, of which the second needs the first; `steps` records their closing. */
const openResources = (steps: string[], closeSecond: () => void = () => undefined) => {
  return [
    provide(
      SECOND,
      ({ shutdown }) =>
        shutdown.closes('second', 'second', () => {
          steps.push('close second');
          closeSecond();
        }),
      { shutdown: SHUTDOWN, first: FIRST },
    ),
    provide(
      FIRST,
      async ({ shutdown }) => shutdown.closes('first', 'first', () => steps.push('close first')),
      { shutdown: SHUTDOWN },
    ),
  ];
};

const fail = () => {
  throw new Error('it is stuck');
};

describe('a program', () => {
  it('stops taking, finishes, closes its port, then its resources, the last opened first', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const steps: string[] = [];
    const isServed = async (step: string) => {
      const answer = await fetch(url).then(
        (response) => response.text(),
        () => 'gone',
      );
      steps.push(`${step}: ${answer}`);
    };
    const { stop } = await startProgram(
      log,
      async (shutdown) => {
        const app = await create(Program.of(shutdown, openResources(steps)));
        shutdown.closes('last', 'last', () => isServed('close last'));
        shutdown.finish('a', () => isServed('finish a'));
        shutdown.finish('b', () => isServed('finish b'));
        shutdown.stopTaking('c', () => isServed('stop taking'));
        return app;
      },
      async (app) => {
        await app.listen(new URL(url).port, '127.0.0.1');
      },
    );
    expect(steps).toEqual([]);

    await stop();
    expect([steps[0], ...steps.slice(1, 3).sort(), ...steps.slice(3)]).toEqual([
      'stop taking: here',
      'finish a: here',
      'finish b: here',
      'close last: gone',
      'close second',
      'close first',
    ]);
  });

  it('runs all steps of its stop although some fail, and names those', async () => {
    const steps: string[] = [];
    const { stop } = await startProgram(
      log,
      async (shutdown) => {
        shutdown.stopTaking('requests', fail);
        shutdown.finish('work', fail);
        shutdown.finish('rounds', () => steps.push('finish'));
        return create(Program.of(shutdown, openResources(steps, fail)));
      },
      async (app) => {
        await app.init();
      },
    );
    await expect(stop()).rejects.toThrow('The shutdown failed at: requests, work, second.');
    expect(steps).toEqual(['finish', 'close second', 'close first']);
  });

  it('closes its resources when a later one cannot be opened', async () => {
    const steps: string[] = [];
    const broken = provide(token<never>('broken'), fail, { second: SECOND });
    const begin = async () => {
      steps.push('begin');
    };
    await expect(
      startProgram(log, (shutdown) => create(Program.of(shutdown, [...openResources(steps), broken])), begin),
    ).rejects.toThrow('it is stuck');
    expect(steps).toEqual(['close second', 'close first']);
  });

  it('closes its resources when it cannot begin', async () => {
    const steps: string[] = [];
    await expect(
      startProgram(
        log,
        (shutdown) => create(Program.of(shutdown, openResources(steps))),
        async (app) => {
          await app.init();
          fail();
        },
      ),
    ).rejects.toThrow('it is stuck');
    expect(steps).toEqual(['close second', 'close first']);
  });
});
