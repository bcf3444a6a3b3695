import { Controller, Get, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../../http/send-answer.js';
import { falDoor } from './fal-door.js';
import { FAL_QUEUE, type FalQueue } from './fal-queue.js';

const config = { door: falDoor };

/** The addresses of fal's queue. */
@Controller('fal-ai/birefnet')
@ApiExcludeController()
export class FalController {
  constructor(@Inject(FAL_QUEUE) private readonly queue: FalQueue) {}

  @Post()
  @RouteConfig(config)
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.queue.submit(request));
  }

  @Post('v2')
  @RouteConfig(config)
  async submitToV2(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.queue.submit(request));
  }

  @Get('requests/:id/status')
  @RouteConfig(config)
  async status(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.queue.status(request, id));
  }

  @Get('requests/:id')
  @RouteConfig(config)
  async result(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.queue.result(request, id));
  }

  @Put('requests/:id/cancel')
  @RouteConfig(config)
  async cancel(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendAnswer(reply, await this.queue.cancel(request, id));
  }
}
