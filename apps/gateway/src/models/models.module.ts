import { availableModels, warmWorkers } from '#database';
import { CONFIG, DATABASE, DatabaseModule, provide } from '#nest';
import { Module } from '@nestjs/common';
import { AVAILABILITY, createAvailability, offeredModels } from './availability.js';
import { CATALOGUE } from './catalogue.js';
import { describeModels, LIST_MODELS } from './describe-models.js';
import { ModelsController } from './models.controller.js';

/** Which models there are, and who serves them. */
@Module({
  imports: [DatabaseModule],
  controllers: [ModelsController],
  providers: [
    provide(
      LIST_MODELS,
      ({ catalogue, database }) =>
        async () =>
          describeModels(catalogue, await warmWorkers(database)),
      { catalogue: CATALOGUE, database: DATABASE },
    ),
    provide(
      AVAILABILITY,
      ({ database, catalogue, config }) =>
        createAvailability(() => availableModels(database), offeredModels(catalogue, config.OFFERED_MODELS)),
      { database: DATABASE, catalogue: CATALOGUE, config: CONFIG },
    ),
  ],
  exports: [AVAILABILITY, LIST_MODELS],
})
export class ModelsModule {}
