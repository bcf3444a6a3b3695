import { TaskError, toErrorItem } from '#contract';
import { findImage, isExpired } from '#database';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
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
  @ApiResponse({
    status: 302,
    description: 'The image is in an object store; the location is good for a few minutes.',
  })
  @ApiResponse({ status: 404, description: 'There never was such an image.' })
  @ApiResponse({
    status: 410,
    description: 'The image was deleted, by its ttl, by mediaStorage or for lack of use.',
  })
  async get(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
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
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
    const { contentType } = image;
    const place = await this.edges.storage.locate(image.storageKey, { method, contentType });
    if (place.kind === 'elsewhere') {
      // The next one who asks gets another address, or is told that the image is gone.
      await reply.headers({ ...headers, 'cache-control': 'no-store' }).redirect(place.url, 302);
      return;
    }
    await reply.headers(headers).type(contentType).sendFile(place.name, place.root);
  }
}
