import { readCatalogue } from '#config';
import { CONFIG, DATABASE, DatabaseModule, provide, QueueModule, TASK_QUEUE } from '#nest';
import { Module } from '@nestjs/common';
import { StatusModule } from '../status/status.module.js';
import { createKeyDesk } from './keys.js';
import { KEY_DESK, OperatorController, READ_OVERVIEW } from './operator.controller.js';
import { readOverview } from './overview.js';

/** The operator's page as JSON, at /api. */
@Module({
  imports: [DatabaseModule, QueueModule, StatusModule],
  controllers: [OperatorController],
  providers: [
    provide(READ_OVERVIEW, readOverview, { database: DATABASE, queue: TASK_QUEUE }),
    provide(
      KEY_DESK,
      ({ config, database }) => createKeyDesk({ database, catalogue: () => readCatalogue(config) }),
      {
        config: CONFIG,
        database: DATABASE,
      },
    ),
  ],
})
export class OperatorModule {}
