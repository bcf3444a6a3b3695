import { CONFIG, DATABASE, DatabaseModule, provide } from '#nest';
import { Module } from '@nestjs/common';
import { CATALOGUE } from '../../models/catalogue.js';
import { INTAKE } from '../../tasks/intake.js';
import { TasksModule } from '../../tasks/tasks.module.js';
import { RECEIVE_IMAGE } from '../../uploads/receive-image.js';
import { UploadsModule } from '../../uploads/uploads.module.js';
import { DoorTasksModule } from '../door-tasks.module.js';
import { DOOR_TASKS } from '../door-tasks.js';
import { createUploadFile, UPLOAD_FILE } from './files.js';
import { createPredictions, PREDICTIONS } from './predictions.js';
import { ReplicateController } from './replicate.controller.js';

/** For clients of Replicate. */
@Module({
  imports: [DatabaseModule, DoorTasksModule, TasksModule, UploadsModule],
  controllers: [ReplicateController],
  providers: [
    provide(PREDICTIONS, createPredictions, { catalogue: CATALOGUE, config: CONFIG, tasks: DOOR_TASKS }),
    provide(UPLOAD_FILE, createUploadFile, {
      database: DATABASE,
      intake: INTAKE,
      receiveImage: RECEIVE_IMAGE,
    }),
  ],
})
export class ReplicateModule {}
