import { JobAnswer, JobItems, JobList } from '#contract';
import type { Owner } from '#database';
import { Controller, Delete, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { missingKey } from '../tasks/authenticate.js';
import { requireScope } from '../tasks/scopes.js';
import { JOBS, type Jobs } from './jobs.js';

/** What the query of a list holds, unchecked. */
type ListQuery = Readonly<Record<string, unknown>>;

const mayRun = ({ owner }: FastifyRequest): Owner => {
  if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
  requireScope(owner, 'run');
  return owner;
};

const mayRead = ({ owner }: FastifyRequest): Owner => {
  if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
  requireScope(owner, 'read');
  return owner;
};

const jobUUID = { name: 'jobUUID', schema: { type: 'string', format: 'uuid' } } as const;
const limit = {
  name: 'limit',
  required: false,
  description: 'Items of a page.',
  schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
} as const;

/** Many images with one set of options. */
@Controller('v1/jobs')
@ApiBearerAuth()
@ApiSecurity('x-api-key')
@ApiResponse({ status: '4XX', standardSchema: JobAnswer, description: 'The job or the request is at fault.' })
@ApiResponse({ status: '5XX', standardSchema: JobAnswer, description: 'Our fault; try again.' })
export class JobsController {
  constructor(@Inject(JOBS) private readonly jobs: Jobs) {}

  @Post()
  @ApiOperation({
    operationId: 'createJob',
    summary: 'Cut out many images with one set of options.',
    description:
      'Stores the job and answers at once. Its images become tasks a few at a time, within the limits of the key. Sent again with the same jobUUID it is not done twice. The key must be in a header.',
  })
  @ApiBody({ schema: { $ref: '#/components/schemas/JobRequest' } })
  @ApiResponse({ status: 202, standardSchema: JobAnswer, description: 'The job is stored.' })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobAnswer> {
    const owner = mayRun(request);
    reply.status(202);
    return { data: [await this.jobs.create(owner, request)] };
  }

  @Get()
  @ApiOperation({ operationId: 'listJobs', summary: 'Jobs, newest first.' })
  @ApiQuery(limit)
  @ApiQuery({ name: 'cursor', required: false, schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 200, standardSchema: JobList, description: 'A page of jobs.' })
  async list(@Req() request: FastifyRequest, @Query() query: ListQuery): Promise<JobList> {
    return this.jobs.list(mayRead(request), query);
  }

  @Get(':jobUUID')
  @ApiOperation({ operationId: 'getJob', summary: 'How a job stands.' })
  @ApiParam(jobUUID)
  @ApiResponse({ status: 200, standardSchema: JobAnswer, description: 'The job.' })
  async show(@Param('jobUUID') uuid: string, @Req() request: FastifyRequest): Promise<JobAnswer> {
    return { data: [await this.jobs.show(mayRead(request), uuid)] };
  }

  @Get(':jobUUID/items')
  @ApiOperation({ operationId: 'listJobItems', summary: 'The images of a job, with their results so far.' })
  @ApiParam(jobUUID)
  @ApiQuery(limit)
  @ApiQuery({
    name: 'after',
    required: false,
    description: 'The `after` of the page before.',
    schema: { type: 'integer', minimum: 0 },
  })
  @ApiResponse({ status: 200, standardSchema: JobItems, description: 'A page of images.' })
  async items(
    @Param('jobUUID') uuid: string,
    @Req() request: FastifyRequest,
    @Query() query: ListQuery,
  ): Promise<JobItems> {
    return this.jobs.items(mayRead(request), uuid, query);
  }

  @Delete(':jobUUID')
  @ApiOperation({
    operationId: 'cancelJob',
    summary: 'Cancel what has not begun.',
    description: 'Tasks that run end as usual, and their results are kept. A repetition changes nothing.',
  })
  @ApiParam(jobUUID)
  @ApiResponse({ status: 200, standardSchema: JobAnswer, description: 'The job.' })
  async cancel(@Param('jobUUID') uuid: string, @Req() request: FastifyRequest): Promise<JobAnswer> {
    return { data: [await this.jobs.cancel(mayRun(request), uuid)] };
  }

  @Get(':jobUUID/results.zip')
  @ApiOperation({
    operationId: 'getJobResults',
    summary: 'The results of a job so far as a ZIP.',
    description:
      'It is made while it is sent. `errors.json` in it tells of each image that has ended without a result.',
  })
  @ApiParam(jobUUID)
  @ApiProduces('application/zip')
  @ApiResponse({
    status: 200,
    description: 'The ZIP.',
    content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
  })
  async zip(
    @Param('jobUUID') uuid: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const zip = await this.jobs.zip(mayRead(request), uuid);
    await reply
      .type('application/zip')
      .header('cache-control', 'no-store')
      .header('content-disposition', `attachment; filename="${uuid.toLowerCase()}.zip"`)
      .send(zip);
  }
}
