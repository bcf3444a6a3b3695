import type { DoorName } from '#config';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { RembgModule } from './rembg/rembg.module.js';
import { RemovebgModule } from './removebg/removebg.module.js';

const modules: Readonly<Record<DoorName, Type>> = {
  rembg: RembgModule,
  removebg: RemovebgModule,
};

/** The addresses of other services that DOORS names. */
@Module({})
export class DoorsModule {
  static of(names: readonly DoorName[]): DynamicModule {
    return { module: DoorsModule, imports: [...new Set(names)].map((name) => modules[name]) };
  }
}
