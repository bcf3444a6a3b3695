import { DATABASE, DatabaseModule, provide, STORAGE, StorageModule } from '#nest';
import { Module } from '@nestjs/common';
import { CATALOGUE } from '../../models/catalogue.js';
import { INTAKE } from '../../tasks/intake.js';
import { TasksModule } from '../../tasks/tasks.module.js';
import { RECEIVE_IMAGE } from '../../uploads/receive-image.js';
import { UploadsModule } from '../../uploads/uploads.module.js';
import { createRemovebgAccount, REMOVEBG_ACCOUNT } from './account.js';
import { createRemovebgRemove, REMOVEBG_REMOVE } from './remove.js';
import { RemovebgController } from './removebg.controller.js';

/** For callers of remove.bg. */
@Module({
  imports: [DatabaseModule, StorageModule, TasksModule, UploadsModule],
  controllers: [RemovebgController],
  providers: [
    provide(REMOVEBG_REMOVE, createRemovebgRemove, {
      catalogue: CATALOGUE,
      database: DATABASE,
      intake: INTAKE,
      receiveImage: RECEIVE_IMAGE,
      storage: STORAGE,
    }),
    provide(REMOVEBG_ACCOUNT, createRemovebgAccount, { database: DATABASE }),
  ],
})
export class RemovebgModule {}
