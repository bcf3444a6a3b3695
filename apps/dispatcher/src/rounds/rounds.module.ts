import {
  DATABASE,
  DatabaseModule,
  LOG,
  METRICS,
  provide,
  QueueModule,
  SHUTDOWN,
  STORAGE,
  StorageModule,
  TASK_QUEUE,
  TelemetryModule,
  token,
  type Shutdown,
} from '#nest';
import type { Logger } from '#telemetry';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { createExpiry } from './expire.js';
import { createPulse, type Pulse } from './pulse.js';
import { startRounds } from './start-rounds.js';
import { createSweep } from './sweep.js';
import { createTidying } from './tidy.js';

export const PULSE = token<Pulse>('pulse');

type Round = () => Promise<void>;
const SWEEP = token<Round>('sweep');
const EXPIRY = token<Round>('expiry');
const TIDYING = token<Round>('tidying');

/** The work that the dispatcher repeats: the sweep of lost jobs, the expiry of images, the tidying of rows. */
@Module({
  imports: [DatabaseModule, QueueModule, StorageModule, TelemetryModule],
  providers: [
    provide(PULSE, ({ metrics }) => createPulse(metrics), { metrics: METRICS }),
    provide(SWEEP, createSweep, { database: DATABASE, queue: TASK_QUEUE, metrics: METRICS, log: LOG }),
    provide(EXPIRY, createExpiry, { database: DATABASE, storage: STORAGE, log: LOG }),
    provide(TIDYING, createTidying, { database: DATABASE }),
  ],
  exports: [PULSE],
})
export class RoundsModule implements OnApplicationBootstrap {
  constructor(
    @Inject(SWEEP) private readonly sweep: Round,
    @Inject(EXPIRY) private readonly expire: Round,
    @Inject(TIDYING) private readonly tidy: Round,
    @Inject(PULSE) private readonly pulse: Pulse,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.repeat('sweep', this.sweep, 2_000);
    this.repeat('expiry', this.expire, 5_000);
    this.repeat('tidying', this.tidy, 10_000);
  }

  private repeat(round: string, work: Round, everyMs: number): void {
    const onError = (err: unknown) => this.log.error({ err }, `${round} failed`);
    const rounds = startRounds(this.pulse.watch(round, work), everyMs, onError);
    this.shutdown.finish(round, rounds.stop);
  }
}
