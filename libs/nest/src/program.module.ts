import type { ServiceConfig } from '#config';
import type { Context } from '#program';
import type { Logger } from '#telemetry';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Shutdown, SHUTDOWN } from './shutdown.js';
import { token } from './token.js';

/** `gateway`, `worker` or `dispatcher`. */
export const PROGRAM = token<string>('program');
export const CONFIG = token<ServiceConfig>('config');
export const LOG = token<Logger>('log');
/** Ends the process with an error, for faults that need a new process. */
export const CRASH = token<Context['crash']>('crash');

/** Provides the settings, the log and the shutdown to all modules. */
@Global()
@Module({})
export class ProgramModule {
  static of(program: string, { config, log, crash }: Context, shutdown: Shutdown): DynamicModule {
    const values = new Map<symbol, unknown>([
      [PROGRAM, program],
      [CONFIG, config],
      [LOG, log],
      [CRASH, crash],
      [SHUTDOWN, shutdown],
    ]);
    const providers = [...values].map(([provided, useValue]) => ({ provide: provided, useValue }));
    return { module: ProgramModule, providers, exports: [...values.keys()] };
  }
}
