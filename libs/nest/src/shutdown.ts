import type { Logger } from '#telemetry';
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import { token } from './token.js';

type Work = () => unknown;
type Named = { readonly name: string; readonly work: Work };

export const SHUTDOWN = token<Shutdown>('shutdown');

/**
 * The order in which every program stops. Nest calls the two hooks; nothing else in a program has one.
 *
 * 1. `stopTaking`: no new work comes in. All at once.
 * 2. `finish`: what is in hand ends or is handed back. All at once.
 * 3. Nest closes its HTTP server.
 * 4. `closes`: what was opened is closed, one after the other, the last opened first.
 *
 * A step that fails is logged, and the others are done all the same.
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

  /** @returns what was opened */
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

  /** Nest opens things side by side. When one fails, another that comes too late is done with at once. */
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
