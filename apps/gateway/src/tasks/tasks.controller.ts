import { Answer } from '#contract';
import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whenGone } from '../http/when-gone.js';
import { isDryRun } from './dry-run.js';
import { INTAKE, type Intake } from './intake.js';

@Controller()
export class TasksController {
  constructor(@Inject(INTAKE) private readonly intake: Intake) {}

  @Post('v1')
  @ApiOperation({ operationId: 'runTasks', summary: 'Run an array of tasks.' })
  @ApiBearerAuth()
  @ApiSecurity('x-api-key')
  @ApiBody({ schema: { $ref: '#/components/schemas/TaskArray' } })
  @ApiHeader({
    name: 'X-Runware-Dry-Run',
    required: false,
    description: '1 or true: validate and price, run nothing. 0 or false: no dry run.',
  })
  @ApiQuery({
    name: 'dryRun',
    required: false,
    description: 'Like the header. Any other value is refused.',
    schema: { type: 'string' },
  })
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
    // Each task is validated by itself later, so that a bad one does not refuse the others.
    @Body() tasks: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer> {
    const { status, body, retryAfter, headers } = await this.intake(tasks, {
      owner: request.owner,
      isDryRun: isDryRun(request),
      gone: whenGone(reply),
    });
    reply.status(status).headers(headers);
    if (retryAfter !== undefined) reply.header('retry-after', `${retryAfter}`);
    return body;
  }
}
