import { readPresets } from '#config';
import { CONFIG, provide } from '#nest';
import { Module } from '@nestjs/common';
import { describePresets, PRESET_LIST } from './describe-presets.js';
import { PresetsController } from './presets.controller.js';
import { PRESETS } from './presets.js';

/** The presets of compositions and edges. */
@Module({
  controllers: [PresetsController],
  providers: [
    provide(PRESETS, ({ config }) => readPresets(config), { config: CONFIG }),
    provide(PRESET_LIST, ({ presets }) => describePresets(presets), { presets: PRESETS }),
  ],
  exports: [PRESETS],
})
export class PresetsModule {}
