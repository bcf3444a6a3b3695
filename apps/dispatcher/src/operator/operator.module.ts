import { readCatalogue } from '#config';
import { CONFIG, DATABASE, DatabaseModule, LOG, provide, QueueModule, TASK_QUEUE, token } from '#nest';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { StatusModule } from '../status/status.module.js';
import { createKeyDesk } from './keys.js';
import { KEY_DESK, OperatorController, READ_OVERVIEW } from './operator.controller.js';
import { readOverview } from './overview.js';
import { pagePlugin } from './serve-page.js';

const PAGE = token<FastifyPluginAsync>('page');

/** The operator's page at /, and what it reads and does as JSON at /api. */
@Module({
  imports: [DatabaseModule, QueueModule, StatusModule],
  controllers: [OperatorController],
  providers: [
    provide(PAGE, ({ config, log }) => pagePlugin(config, log), { config: CONFIG, log: LOG }),
    provide(READ_OVERVIEW, readOverview, { database: DATABASE, queue: TASK_QUEUE }),
    provide(
      KEY_DESK,
      ({ config, database }) => createKeyDesk({ config, database, catalogue: () => readCatalogue(config) }),
      {
        config: CONFIG,
        database: DATABASE,
      },
    ),
  ],
})
export class OperatorModule implements OnModuleInit {
  constructor(
    @Inject(PAGE) private readonly page: FastifyPluginAsync,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    void this.host.httpAdapter.getInstance<FastifyInstance>().register(this.page);
  }
}
