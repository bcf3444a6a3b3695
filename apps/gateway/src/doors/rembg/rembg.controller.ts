import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../../http/send-answer.js';
import { whenGone } from '../../http/when-gone.js';
import { rembgDoor } from './rembg-door.js';
import { REMBG_REMOVE, type RembgRemove } from './remove.js';

/** The addresses of rembg's server. */
@Controller('api/remove')
@ApiExcludeController()
export class RembgController {
  constructor(@Inject(REMBG_REMOVE) private readonly remove: RembgRemove) {}

  @Get()
  @RouteConfig({ door: rembgDoor, refusesHead: true })
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.remove(request, whenGone(reply)));
  }

  @Post()
  @RouteConfig({ door: rembgDoor })
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.remove(request, whenGone(reply)));
  }
}
