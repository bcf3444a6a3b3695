import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../../http/send-answer.js';
import { whenGone } from '../../http/when-gone.js';
import { REMOVEBG_ACCOUNT, type RemovebgAccount } from './account.js';
import { REMOVEBG_REMOVE, type RemovebgRemove } from './remove.js';
import { removebgDoor } from './removebg-door.js';

/** The addresses of remove.bg. */
@Controller('v1.0')
@ApiExcludeController()
export class RemovebgController {
  constructor(
    @Inject(REMOVEBG_REMOVE) private readonly remove: RemovebgRemove,
    @Inject(REMOVEBG_ACCOUNT) private readonly account: RemovebgAccount,
  ) {}

  @Post('removebg')
  @RouteConfig({ door: removebgDoor })
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.remove(request, whenGone(reply)));
  }

  @Get('account')
  @RouteConfig({ door: removebgDoor })
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.account(request));
  }
}
