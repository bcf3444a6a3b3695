import type { ImageQuery } from '#secrets';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FIND_IMAGE, sendImage, type FindImage } from './serve-image.js';

@Controller('images')
export class ImagesController {
  constructor(@Inject(FIND_IMAGE) private readonly findImage: FindImage) {}

  @Get(':name')
  @ApiOperation({
    operationId: 'getImage',
    summary: 'The bytes of an image, by the address that a result gave.',
  })
  @ApiQuery({
    name: 'proxied',
    required: false,
    allowEmptyValue: true,
    schema: { type: 'string' },
    description: 'Sends the bytes also where the image is in an object store, in place of a redirect.',
  })
  @ApiProduces('image/png', 'image/jpeg', 'image/webp')
  @ApiResponse({ status: 200, description: 'The image.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({
    status: 302,
    description: 'The image is in an object store; the location is good for a few minutes.',
  })
  @ApiResponse({
    status: 403,
    description: 'With IMAGE_URL_TTL_S: the address is not signed, or its time is over.',
  })
  @ApiResponse({ status: 404, description: 'There never was such an image.' })
  @ApiResponse({
    status: 410,
    description: 'The image was deleted, by its ttl, by mediaStorage or for lack of use.',
  })
  async get(
    @Param('name') name: string,
    @Query() query: ImageQuery & { readonly proxied?: unknown },
    @Req() { method }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendImage(reply, await this.findImage({ name, method, query }));
  }
}
