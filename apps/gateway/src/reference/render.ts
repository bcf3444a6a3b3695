import { CONFIG, LOG, PROGRAM, SHUTDOWN } from '#nest';
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { CutoutModule } from '../cutout/cutout.module.js';
import { DoorModule } from '../door/door.module.js';
import { GATEWAY_OPTIONS } from '../gateway-options.js';
import { HealthModule } from '../health/health.module.js';
import { ImagesModule } from '../images/images.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CATALOGUE } from '../models/catalogue.js';
import { ModelsModule } from '../models/models.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { apiPage } from './api-page.js';
import { defaultUrl } from './default-url.js';
import { modelsPage } from './models-page.js';
import { createDocument } from './openapi.js';

/** What the modules ask of the program. A preview makes nothing of it. */
const global = [CATALOGUE, CONFIG, GATEWAY_OPTIONS, LOG, PROGRAM, SHUTDOWN];

/** The modules that have routes. */
@Global()
@Module({
  imports: [
    DoorModule,
    TasksModule,
    ModelsModule,
    ImagesModule,
    UploadsModule,
    CutoutModule,
    JobsModule,
    HealthModule,
  ],
  providers: global.map((token) => ({ provide: token, useValue: undefined })),
  exports: global,
})
class DocumentedModule {}

/** The files that are generated from the schemas, by their paths in the project. */
export const renderReference = async (): Promise<Record<string, string>> => {
  // The document is made of the controllers' decorators. A preview opens nothing.
  const options = { logger: false, preview: true, abortOnError: false } as const;
  const app = await NestFactory.create<NestFastifyApplication>(
    DocumentedModule,
    new FastifyAdapter(),
    options,
  );
  try {
    return {
      'openapi.json': `${JSON.stringify(createDocument(app, defaultUrl), undefined, 2)}\n`,
      'docs/api.md': apiPage(),
      'docs/models.md': modelsPage(),
    };
  } finally {
    await app.close();
  }
};
