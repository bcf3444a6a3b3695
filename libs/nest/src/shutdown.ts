import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#telemetry';
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import { token } from './token.js';

type Work = () => unknown;
type Named = { readonly name: string; readonly work: Work };

export const SHUTDOWN = token<Shutdown>('shutdown');

/** Time for the steps of `stopTaking`: a database that is away must not delay the end of the work in hand. */
const STOP_TAKING_MS = 2_000;

/** Time for all of `closes`: a connection to a server that does not answer may never close. The process ends after it. */
const CLOSE_MS = 8_000;

/**
 * The order in which every program stops. Only this class has shutdown hooks of Nest.
 *
 * 1. `stopTaking` steps withdraw the program from those that give it work, all at once and within two seconds.
 * 2. `finish` steps take nothing new, and end running work or hand it back, all at once.
 * 3. Nest closes the HTTP server, if a step of 2 has not.
 * 4. `closes` steps close resources in turn, the last opened first, within eight seconds.
 *
 * A step that fails is logged, and the other steps still run.
 */
export class Shutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly taking: Named[] = [];
  private readonly finishing: Named[] = [];
  private readonly opened: Named[] = [];
  /** Names of the steps that failed. */
  readonly failed: string[] = [];
  private readonly late: Promise<void>[] = [];
  /** Names of the steps that have begun and not ended. */
  private readonly running = new Set<string>();
  /** From the signal on. */
  isStopping = false;

  constructor(
    private readonly log: Logger,
    private readonly closeMs = CLOSE_MS,
  ) {}

  stopTaking(name: string, work: Work): void {
    this.add(this.taking, { name, work });
  }

  finish(name: string, work: Work): void {
    this.add(this.finishing, { name, work });
  }

  /** @returns `opened` */
  closes<T>(name: string, opened: T, close: (opened: T) => unknown): T {
    this.add(this.opened, { name, work: () => close(opened) });
    return opened;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const taking = Promise.all(this.taking.splice(0).map((step) => this.run(step)));
    await Promise.race([taking, sleep(STOP_TAKING_MS, undefined, { ref: false })]);
    await Promise.all(this.finishing.splice(0).map((step) => this.run(step)));
  }

  async onApplicationShutdown(): Promise<void> {
    const closed = this.closeAll();
    const isLate = await Promise.race([closed.then(() => false), sleep(this.closeMs, true, { ref: false })]);
    if (isLate) this.log.warn({ steps: [...this.running] }, 'resources did not close in time');
  }

  private async closeAll(): Promise<void> {
    for (const step of this.opened.splice(0).toReversed()) await this.run(step);
    await Promise.all(this.late);
  }

  /** Nest opens resources concurrently. One that opens after the stop began is closed at once. */
  private add(steps: Named[], step: Named): void {
    if (this.isStopping) this.late.push(this.run(step));
    else steps.push(step);
  }

  private async run({ name, work }: Named): Promise<void> {
    this.running.add(name);
    try {
      await work();
      this.log.debug({ step: name }, 'shutdown step done');
    } catch (error) {
      this.failed.push(name);
      this.log.error({ err: error, step: name }, 'step of the shutdown failed');
    } finally {
      this.running.delete(name);
    }
  }
}
