import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { PRESET_LIST, PresetList } from './describe-presets.js';

@Controller('v1/presets')
export class PresetsController {
  constructor(@Inject(PRESET_LIST) private readonly presets: PresetList) {}

  @Get()
  @ApiOperation({ operationId: 'listPresets', summary: 'The presets that tasks may name.' })
  @ApiResponse({ status: 200, standardSchema: PresetList, description: 'Every preset of this installation.' })
  list(): PresetList {
    return this.presets;
  }
}
