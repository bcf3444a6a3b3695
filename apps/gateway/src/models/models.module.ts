import { availableModels } from '#database';
import { DATABASE, DatabaseModule, provide } from '#nest';
import { Module } from '@nestjs/common';
import { AVAILABILITY, createAvailability } from './availability.js';
import { ModelsController } from './models.controller.js';

/** Which models there are, and who serves them. */
@Module({
  imports: [DatabaseModule],
  controllers: [ModelsController],
  providers: [
    provide(AVAILABILITY, ({ database }) => createAvailability(() => availableModels(database)), {
      database: DATABASE,
    }),
  ],
  exports: [AVAILABILITY],
})
export class ModelsModule {}
