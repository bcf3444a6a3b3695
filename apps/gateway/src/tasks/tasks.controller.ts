import { Answer } from '#contract';
import { Body, Controller, Headers, Inject, Post, Query, Req, Res } from '@nestjs/common';
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
import { INTAKE, isDryRun, type Intake } from './intake.js';

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
    description: '1: validate and price, run nothing.',
  })
  @ApiQuery({ name: 'dryRun', required: false, description: 'Like the header.', schema: { type: 'string' } })
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
    @Req() { owner }: FastifyRequest,
    @Headers('x-runware-dry-run') dryRunHeader: string | undefined,
    @Query('dryRun') dryRunQuery: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer> {
    const { status, body, retryAfter, headers } = await this.intake(tasks, {
      owner,
      isDryRun: isDryRun(dryRunHeader, dryRunQuery),
      gone: whenGone(reply),
    });
    reply.status(status).headers(headers);
    if (retryAfter !== undefined) reply.header('retry-after', `${retryAfter}`);
    return body;
  }
}
