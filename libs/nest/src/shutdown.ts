import type { Logger } from '#telemetry';
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import { token } from './token.js';

type Work = () => unknown;
type Named = { readonly name: string; readonly work: Work };

export const SHUTDOWN = token<Shutdown>('shutdown');

/**
 * The order in which every program stops. Only this class has shutdown hooks of Nest.
 *
 * 1. `stopTaking` steps stop new work, all at once.
 * 2. `finish` steps end running work or hand it back, all at once.
 * 3. Nest closes its HTTP server.
 * 4. `closes` steps close resources in turn, the last opened first.
 *
 * A step that fails is logged, and the other steps still run.
 */
export class Shutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly taking: Named[] = [];
  private readonly finishing: Named[] = [];
  private readonly opened: Named[] = [];
  /** Names of the steps that failed. */
  readonly failed: string[] = [];
  private isStopping = false;

  constructor(private readonly log: Logger) {}

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
    await Promise.all(this.taking.splice(0).map((step) => this.run(step)));
    await Promise.all(this.finishing.splice(0).map((step) => this.run(step)));
  }

  async onApplicationShutdown(): Promise<void> {
    for (const step of this.opened.splice(0).toReversed()) await this.run(step);
  }

  /** Nest opens resources concurrently. One that opens after the stop began is closed at once. */
  private add(steps: Named[], step: Named): void {
    if (this.isStopping) void this.run(step);
    else steps.push(step);
  }

  private async run({ name, work }: Named): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.failed.push(name);
      this.log.error({ err: error, step: name }, 'step of the shutdown failed');
    }
  }
}
