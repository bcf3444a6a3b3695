import { CONFIG, provide } from '#nest';
import { Module } from '@nestjs/common';
import { CATALOGUE } from '../../models/catalogue.js';
import { LIST_MODELS } from '../../models/describe-models.js';
import { ModelsModule } from '../../models/models.module.js';
import { INTAKE } from '../../tasks/intake.js';
import { TasksModule } from '../../tasks/tasks.module.js';
import { McpController } from './mcp.controller.js';
import { createServeMcp, SERVE_MCP } from './serve-mcp.js';

/** For assistants that speak the Model Context Protocol. */
@Module({
  imports: [ModelsModule, TasksModule],
  controllers: [McpController],
  providers: [
    provide(SERVE_MCP, createServeMcp, {
      catalogue: CATALOGUE,
      config: CONFIG,
      intake: INTAKE,
      listModels: LIST_MODELS,
    }),
  ],
})
export class McpModule {}
