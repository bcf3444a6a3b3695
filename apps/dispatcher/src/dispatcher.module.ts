import { ProgramModule, type Shutdown } from '#nest';
import type { Context } from '#program';
import { Module, type DynamicModule } from '@nestjs/common';
import { AdminModule } from './admin/admin.module.js';
import { BoardModule } from './board/board.module.js';
import { DeliveriesModule } from './deliveries/deliveries.module.js';
import { DISPATCHER_OPTIONS, type DispatcherOptions } from './dispatcher-options.js';
import { ExpiryModule } from './expiry/expiry.module.js';
import { StatusModule } from './status/status.module.js';
import { SweepingModule } from './sweeping/sweeping.module.js';
import { TidyingModule } from './tidying/tidying.module.js';

/** Enqueues what was stranded, tells receivers of ended tasks, deletes what expired: each again and again. */
@Module({
  imports: [
    SweepingModule,
    DeliveriesModule,
    ExpiryModule,
    TidyingModule,
    StatusModule,
    BoardModule,
    AdminModule,
  ],
})
export class DispatcherModule {
  static of(context: Context, shutdown: Shutdown, options: DispatcherOptions): DynamicModule {
    return {
      module: DispatcherModule,
      global: true,
      imports: [ProgramModule.of('dispatcher', context, shutdown)],
      providers: [{ provide: DISPATCHER_OPTIONS, useValue: options }],
      exports: [DISPATCHER_OPTIONS],
    };
  }
}
