import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { LIST_MODELS, ModelList } from './describe-models.js';

@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(LIST_MODELS) private readonly listModels: () => Promise<ModelList>) {}

  @Get()
  @ApiOperation({ operationId: 'listModels', summary: 'The models, who serves them, and on what.' })
  @ApiResponse({ status: 200, standardSchema: ModelList, description: 'Every model of the catalogue.' })
  async list(): Promise<ModelList> {
    return this.listModels();
  }
}
