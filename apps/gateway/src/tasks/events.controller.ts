import { Answer } from '#contract';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whenGone } from '../http/when-gone.js';
import { missingKey } from './authenticate.js';
import { TASK_EVENTS, type TaskEvents } from './task-events.js';

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies such as nginx would hold the events back.
  'x-accel-buffering': 'no',
};

@Controller()
export class EventsController {
  constructor(@Inject(TASK_EVENTS) private readonly events: TaskEvents) {}

  @Get('v1/tasks/:taskUUID/events')
  @ApiOperation({
    operationId: 'followTask',
    summary: 'Follow a task until its end, by server-sent events.',
    description:
      'Events `progress` and, last, `end`, each with the answer that getResponse gives. Comments keep an idle connection open. The key must be in a header.',
  })
  @ApiBearerAuth()
  @ApiSecurity('x-api-key')
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    description: 'The events.',
    // A schema would describe one event or all of them: tools differ.
    content: { 'text/event-stream': {} },
  })
  @ApiResponse({
    status: '4XX',
    standardSchema: Answer,
    description: 'No key, no such task, or too many streams.',
  })
  async follow(
    @Param('taskUUID') taskUUID: string,
    @Req() { owner }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
    const events = await this.events.follow(owner, taskUUID, whenGone(reply));
    await reply.headers(headers).send(events);
  }
}
