import { describe, expect, it } from '@jest/globals';
import { createLogger } from '#telemetry';
import { Shutdown } from './shutdown.js';

const stop = async (shutdown: Shutdown) => {
  await shutdown.beforeApplicationShutdown();
  await shutdown.onApplicationShutdown();
};

describe('a shutdown', () => {
  it('stops taking, then finishes, then closes resources, the last opened first', async () => {
    const shutdown = new Shutdown(createLogger('test', 'silent'));
    const steps: string[] = [];
    shutdown.closes('first', 'first', (name) => steps.push(name));
    shutdown.closes('second', 'second', (name) => steps.push(name));
    shutdown.finish('finish', () => steps.push('finish'));
    shutdown.stopTaking('stop taking', () => steps.push('stop taking'));
    await stop(shutdown);
    expect(steps).toEqual(['stop taking', 'finish', 'second', 'first']);
  });

  it('names a step that fails, and still runs the others', async () => {
    const shutdown = new Shutdown(createLogger('test', 'silent'));
    const steps: string[] = [];
    shutdown.closes('first', 'first', (name) => steps.push(name));
    shutdown.closes('second', 'second', () => Promise.reject(new Error('it is stuck')));
    await stop(shutdown);
    expect(steps).toEqual(['first']);
    expect(shutdown.failed).toEqual(['second']);
  });

  it('ends in time although a resource never closes, and names it in the log', async () => {
    const lines: { msg: string; steps?: string[] }[] = [];
    const log = createLogger('test', 'warn', { write: (line) => lines.push(JSON.parse(line)) });
    const shutdown = new Shutdown(log, 100);
    shutdown.closes('last', 'last', () => undefined);
    shutdown.closes('stuck', 'stuck', () => new Promise(() => undefined));
    const alive = setInterval(() => undefined, 1_000);
    await stop(shutdown);
    clearInterval(alive);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'resources did not close in time', steps: ['stuck'] }),
    ]);
    expect(shutdown.failed).toEqual([]);
  });

  it('closes a resource at once that opens after the stop began', async () => {
    const shutdown = new Shutdown(createLogger('test', 'silent'));
    await stop(shutdown);
    const steps: string[] = [];
    shutdown.closes('late', 'late', (name) => steps.push(name));
    expect(steps).toEqual(['late']);
  });
});
