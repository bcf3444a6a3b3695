import type { openDevice } from '#inference';
import type { Catalogue } from '#models';
import { token } from '#nest';
import { Global, Module, type DynamicModule } from '@nestjs/common';

/** What tests and benchmarks change of a worker beside its settings. */
export type WorkerOptions = {
  /** How long tasks in hand may take at the end, before they are handed back. */
  readonly graceMs?: number;
  /** The waits between the tries of a download, and of an upload. */
  readonly downloadDelaysMs?: readonly number[];
  readonly uploadDelaysMs?: readonly number[];
  /** What a task waits at most between two starts in an outage. */
  readonly longestPauseMs?: number;
  /** The waits between the self-tests of a machine that failed. */
  readonly selfTestPausesMs?: readonly number[];
  /** Another device, for benchmarks. */
  readonly open?: typeof openDevice;
};

export const OPTIONS = token<WorkerOptions>('worker options');
export const CATALOGUE = token<Catalogue>('catalogue');

/** What `startWorker` was called with. Any module of the worker may ask for it. */
@Global()
@Module({})
export class WorkerOptionsModule {
  static of(catalogue: Catalogue, options: WorkerOptions): DynamicModule {
    const providers = [
      { provide: CATALOGUE, useValue: catalogue },
      { provide: OPTIONS, useValue: options },
    ];
    return { module: WorkerOptionsModule, providers, exports: [CATALOGUE, OPTIONS] };
  }
}
