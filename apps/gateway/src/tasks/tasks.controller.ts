import { Answer, TaskArray } from '#contract';
import { Body, Controller, Headers, Inject, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Intake } from './intake.js';

export const INTAKE = Symbol('intake');

@Controller()
export class TasksController {
  constructor(@Inject(INTAKE) private readonly intake: Intake) {}

  @Post('v1')
  @ApiOperation({ operationId: 'runTasks', summary: 'Run an array of tasks.' })
  @ApiBearerAuth()
  @ApiResponse({ status: 200, standardSchema: Answer, description: 'At least one task succeeded.' })
  @ApiResponse({
    status: '4XX',
    standardSchema: Answer,
    description: 'Every task failed, or the request did.',
  })
  @ApiResponse({
    status: '5XX',
    standardSchema: Answer,
    description: 'Every task failed on our side; try again.',
  })
  async run(
    @Body({ schema: TaskArray }) tasks: unknown,
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer> {
    const { status, body } = await this.intake(tasks, authorization);
    reply.status(status);
    return body;
  }
}
