import { ClockModule, ProgramModule, type Shutdown } from '#nest';
import type { Context } from '#program';
import { Module, type DynamicModule } from '@nestjs/common';
import { AdminModule } from './admin/admin.module.js';
import { BoardModule } from './board/board.module.js';
import { DeliveriesModule } from './deliveries/deliveries.module.js';
import { DISPATCHER_OPTIONS, type DispatcherOptions } from './dispatcher-options.js';
import { OperatorModule } from './operator/operator.module.js';
import { RoundsModule } from './rounds/rounds.module.js';
import { StatusModule } from './status/status.module.js';

/** Enqueues stranded tasks, delivers webhooks, deletes expired images, and serves the operator's pages. */
@Module({
  imports: [
    ClockModule,
    RoundsModule,
    DeliveriesModule,
    StatusModule,
    OperatorModule,
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
