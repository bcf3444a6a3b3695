import { CONFIG, DATABASE, DatabaseModule, provide, STORAGE, StorageModule } from '#nest';
import { Module } from '@nestjs/common';
import { ImagesController } from './images.controller.js';
import { createFindImage, FIND_IMAGE } from './serve-image.js';

/** The bytes of images, by the addresses that results give. */
@Module({
  imports: [DatabaseModule, StorageModule],
  controllers: [ImagesController],
  providers: [provide(FIND_IMAGE, createFindImage, { database: DATABASE, storage: STORAGE, config: CONFIG })],
})
export class ImagesModule {}
