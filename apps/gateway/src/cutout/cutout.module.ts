import { DATABASE, DatabaseModule, provide, STORAGE, StorageModule } from '#nest';
import { Module } from '@nestjs/common';
import { CATALOGUE } from '../models/catalogue.js';
import { INTAKE } from '../tasks/intake.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { RECEIVE_IMAGE } from '../uploads/receive-image.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { createCutOut, CUT_OUT } from './cut-out.js';
import { CutoutController } from './cutout.controller.js';

/** A file in, a picture out. */
@Module({
  imports: [DatabaseModule, StorageModule, TasksModule, UploadsModule],
  controllers: [CutoutController],
  providers: [
    provide(CUT_OUT, createCutOut, {
      catalogue: CATALOGUE,
      database: DATABASE,
      intake: INTAKE,
      receiveImage: RECEIVE_IMAGE,
      storage: STORAGE,
    }),
  ],
})
export class CutoutModule {}
