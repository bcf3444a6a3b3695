import type { openDevice } from '#inference';
import type { Catalogue } from '#models';
import { token } from '#nest';
import { Global, Module, type DynamicModule } from '@nestjs/common';

/** Options of a worker for tests and benchmarks, beside its settings. */
export type WorkerOptions = {
  /** How long a stop waits for tasks in hand before it hands them back. */
  readonly graceMs?: number;
  /** The waits between tries. */
  readonly downloadDelaysMs?: readonly number[];
  readonly uploadDelaysMs?: readonly number[];
  /** The longest wait between two starts of a task in an outage. */
  readonly longestPauseMs?: number;
  /** The waits between self-tests after one failed. */
  readonly selfTestPausesMs?: readonly number[];
  /** How long a proof of the device counts before an idle worker tests it again. */
  readonly pulseMs?: number;
  /** Another device, for benchmarks. */
  readonly open?: typeof openDevice;
};

/** The id of this process in rows. Each start has a new one. */
export const WORKER_ID = token<string>('worker id');
export const OPTIONS = token<WorkerOptions>('worker options');
export const CATALOGUE = token<Catalogue>('catalogue');

/** The arguments of `startWorker`, for all modules of the worker. */
@Global()
@Module({})
export class WorkerOptionsModule {
  static of(id: string, catalogue: Catalogue, options: WorkerOptions): DynamicModule {
    const providers = [
      { provide: WORKER_ID, useValue: id },
      { provide: CATALOGUE, useValue: catalogue },
      { provide: OPTIONS, useValue: options },
    ];
    return { module: WorkerOptionsModule, providers, exports: [WORKER_ID, CATALOGUE, OPTIONS] };
  }
}
