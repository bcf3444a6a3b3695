import { DATABASE, DatabaseModule, provide, STORAGE, StorageModule } from '#nest';
import { Module } from '@nestjs/common';
import { CATALOGUE } from '../../models/catalogue.js';
import { INTAKE } from '../../tasks/intake.js';
import { TasksModule } from '../../tasks/tasks.module.js';
import { RECEIVE_IMAGE } from '../../uploads/receive-image.js';
import { UploadsModule } from '../../uploads/uploads.module.js';
import { RembgController } from './rembg.controller.js';
import { createRembgRemove, REMBG_REMOVE } from './remove.js';

/** For callers of rembg's server. */
@Module({
  imports: [DatabaseModule, StorageModule, TasksModule, UploadsModule],
  controllers: [RembgController],
  providers: [
    provide(REMBG_REMOVE, createRembgRemove, {
      catalogue: CATALOGUE,
      database: DATABASE,
      intake: INTAKE,
      receiveImage: RECEIVE_IMAGE,
      storage: STORAGE,
    }),
  ],
})
export class RembgModule {}
