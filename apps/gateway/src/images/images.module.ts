import {
  CONFIG,
  DATABASE,
  DatabaseModule,
  IMAGE_SIGNATURES,
  provide,
  SecretsModule,
  STORAGE,
  StorageModule,
} from '#nest';
import { Module } from '@nestjs/common';
import { ImagesController } from './images.controller.js';
import { createFindImage, FIND_IMAGE } from './serve-image.js';

/** The bytes of images, by the addresses that results give. */
@Module({
  imports: [DatabaseModule, SecretsModule, StorageModule],
  controllers: [ImagesController],
  providers: [
    provide(FIND_IMAGE, createFindImage, {
      database: DATABASE,
      storage: STORAGE,
      signatures: IMAGE_SIGNATURES,
      config: CONFIG,
    }),
  ],
})
export class ImagesModule {}
