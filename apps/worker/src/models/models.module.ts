import { CONFIG, LOG, provide, token } from '#nest';
import { findServed, type Models } from '#pipeline';
import { Module } from '@nestjs/common';
import { CATALOGUE } from '../worker-options.js';

export const MODELS = token<Models>('models');

@Module({
  providers: [
    provide(
      MODELS,
      ({ catalogue, config, log }) =>
        findServed(catalogue, {
          modelsDir: config.MODELS_DIR,
          wanted: config.WORKER_MODELS,
          note: (line) => log.warn(line),
        }),
      { catalogue: CATALOGUE, config: CONFIG, log: LOG },
    ),
  ],
  exports: [MODELS],
})
export class ModelsModule {}
