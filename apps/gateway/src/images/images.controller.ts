import { TaskError, toErrorItem } from '#contract';
import { findImage, isExpired } from '#database';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Edges } from '../edges.js';
import { EDGES } from '../tokens.js';

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[a-z]+$/;

/** An image never changes under its address, and nothing in it may run in a browser. */
const headers = {
  'cache-control': 'public, max-age=31536000, immutable',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
};

@Controller('images')
export class ImagesController {
  constructor(@Inject(EDGES) private readonly edges: Edges) {}

  @Get(':name')
  @ApiOperation({
    operationId: 'getImage',
    summary: 'The bytes of an image, by the address that a result gave.',
  })
  @ApiProduces('image/png', 'image/jpeg', 'image/webp')
  @ApiResponse({ status: 200, description: 'The image.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 404, description: 'There never was such an image.' })
  @ApiResponse({
    status: 410,
    description: 'The image was deleted, by its ttl, by mediaStorage or for lack of use.',
  })
  async get(@Param('name') name: string, @Res() reply: FastifyReply): Promise<void> {
    const id = NAME.exec(name)?.[1];
    const image = id && (await findImage(this.edges.database, id));
    if (!image || !image.storageKey.endsWith(name))
      throw new TaskError('mediaNotFound', 'There is no such image.');
    if (isExpired(image)) {
      const gone = new TaskError('mediaExpired', 'The image was deleted.');
      // 410 and not the 404 of its code: a cache or crawler that knows the address may forget it.
      await reply.status(410).send({ errors: [toErrorItem(gone)] });
      return;
    }
    await reply.headers(headers).type(image.contentType).sendFile(image.storageKey);
  }
}
