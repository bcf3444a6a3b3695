import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../../http/send-answer.js';
import { whenGone } from '../../http/when-gone.js';
import { missingKey } from '../../tasks/authenticate.js';
import { UPLOAD_FILE, type UploadFile } from './files.js';
import { PREDICTIONS, type Predictions } from './predictions.js';
import { replicateDoor } from './replicate-door.js';

const config = { door: replicateDoor };

/** What clients read of a version before they poll its predictions. */
const describeVersion = (id: string) => ({
  id,
  created_at: '1970-01-01T00:00:00.000Z',
  cog_version: '',
  openapi_schema: { components: { schemas: { Output: { type: 'string', format: 'uri' } } } },
});

/** The addresses of Replicate's HTTP API. */
@Controller('v1')
@ApiExcludeController()
export class ReplicateController {
  constructor(
    @Inject(PREDICTIONS) private readonly predictions: Predictions,
    @Inject(UPLOAD_FILE) private readonly uploadFile: UploadFile,
  ) {}

  @Post('predictions')
  @RouteConfig(config)
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.predictions.create(request, undefined, whenGone(reply)));
  }

  @Post('models/:owner/:name/predictions')
  @RouteConfig(config)
  async createOf(
    @Param('owner') owner: string,
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.predictions.create(request, `${owner}/${name}`, whenGone(reply)));
  }

  @Get('predictions/:id')
  @RouteConfig(config)
  async get(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.predictions.get(request, id));
  }

  @Post('predictions/:id/cancel')
  @RouteConfig(config)
  async cancel(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.predictions.cancel(request, id));
  }

  @Get('models/:owner/:name/versions/:version')
  @RouteConfig(config)
  async version(
    @Param('version') version: string,
    @Req() { owner }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
    await sendAnswer(reply, { status: 200, body: describeVersion(version) });
  }

  @Post('files')
  @RouteConfig(config)
  async upload(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.uploadFile(request));
  }
}
