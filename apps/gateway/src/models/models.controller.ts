import { warmWorkers, type Database } from '#database';
import type { Catalogue } from '#models';
import { DATABASE } from '#nest';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { CATALOGUE } from './catalogue.js';
import { describeModels, ModelList } from './describe-models.js';

@Controller('v1/models')
export class ModelsController {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listModels', summary: 'The models, who serves them, and on what.' })
  @ApiResponse({ status: 200, standardSchema: ModelList, description: 'Every model of the catalogue.' })
  async list(): Promise<ModelList> {
    return describeModels(this.catalogue, await warmWorkers(this.database));
  }
}
