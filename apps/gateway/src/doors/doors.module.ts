import type { DoorName } from '#config';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { FalModule } from './fal/fal.module.js';
import { McpModule } from './mcp/mcp.module.js';
import { RembgModule } from './rembg/rembg.module.js';
import { RemovebgModule } from './removebg/removebg.module.js';
import { ReplicateModule } from './replicate/replicate.module.js';

const modules: Readonly<Record<DoorName, Type>> = {
  fal: FalModule,
  mcp: McpModule,
  rembg: RembgModule,
  removebg: RemovebgModule,
  replicate: ReplicateModule,
};

/** The addresses of other services that DOORS names. */
@Module({})
export class DoorsModule {
  static of(names: readonly DoorName[]): DynamicModule {
    return { module: DoorsModule, imports: [...new Set(names)].map((name) => modules[name]) };
  }
}
