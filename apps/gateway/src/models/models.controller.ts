import { warmWorkers } from '#database';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { Edges } from '../edges.js';
import { EDGES } from '../tokens.js';
import { describeModels, ModelList } from './describe-models.js';

@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(EDGES) private readonly edges: Edges) {}

  @Get()
  @ApiOperation({ operationId: 'listModels', summary: 'The models, who serves them, and on what.' })
  @ApiResponse({ status: 200, standardSchema: ModelList, description: 'Every model of the catalogue.' })
  async list(): Promise<ModelList> {
    return describeModels(this.edges.catalogue, await warmWorkers(this.edges.database));
  }
}
