import { randomUUID } from 'node:crypto';
import { Answer, TaskError } from '#contract';
import { Controller, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { missingKey } from '../tasks/authenticate.js';
import { isDryRun } from '../tasks/dry-run.js';
import { INTAKE, type Intake } from '../tasks/intake.js';
import { requireScope } from '../tasks/scopes.js';
import { RECEIVE_IMAGE, type ReceiveImage } from './receive-image.js';

const fileSchema = { type: 'string', format: 'binary' } as const;

const requireForm = (contentType: string) => {
  if (/^\s*multipart\/form-data\s*;/i.test(contentType)) return;
  throw new TaskError(
    'invalidRequestBody',
    "POST /v1/images takes 'Content-Type: multipart/form-data'. Send a plain image by PUT /v1/images/<taskUUID>.",
  );
};

const requirePlainType = (contentType: string) => {
  if (!/^\s*(multipart\/|application\/json)/i.test(contentType)) return;
  throw new TaskError(
    'invalidRequestBody',
    'PUT /v1/images/<taskUUID> takes the bytes of an image. Send a form by POST /v1/images, and JSON by POST /v1.',
  );
};

const requireFile = (fileName: string | undefined) => {
  if (fileName !== undefined) return;
  const message = "The form has no file: send the image as a file in the field 'image'.";
  throw new TaskError('missingParameter', message, { parameter: 'image' });
};

/** Takes images as files, with the answer of the task imageUpload. */
@Controller('v1/images')
@ApiBearerAuth()
@ApiSecurity('x-api-key')
@ApiResponse({ status: 200, standardSchema: Answer, description: 'The image is stored.' })
@ApiResponse({ status: '4XX', standardSchema: Answer, description: 'The image or the request is at fault.' })
@ApiResponse({ status: '5XX', standardSchema: Answer, description: 'Our fault; try again.' })
export class UploadsController {
  constructor(
    @Inject(RECEIVE_IMAGE) private readonly receiveImage: ReceiveImage,
    @Inject(INTAKE) private readonly intake: Intake,
  ) {}

  @Put(':taskUUID')
  @ApiOperation({
    operationId: 'putImage',
    summary: 'Upload an image as it is.',
    description:
      'Does what the task imageUpload does, without base64. The same image may be sent again with the same UUID. The key must be in a header.',
  })
  @ApiParam({ name: 'taskUUID', schema: { type: 'string', format: 'uuid' } })
  @ApiConsumes('image/png', 'image/jpeg', 'image/webp', 'application/octet-stream')
  @ApiBody({ schema: fileSchema })
  async put(
    @Param('taskUUID') taskUUID: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer> {
    return this.upload(request, reply, { isForm: false, taskUUID });
  }

  @Post()
  @ApiOperation({
    operationId: 'postImage',
    summary: 'Upload an image from a form.',
    description:
      'Takes one file, in a field of any name. The field taskUUID is optional. The key must be in a header.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['image'],
      properties: { image: fileSchema, taskUUID: { type: 'string', format: 'uuid' } },
    },
  })
  async post(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer> {
    reply.status(200);
    return this.upload(request, reply, { isForm: true, taskUUID: randomUUID() });
  }

  private async upload(
    request: FastifyRequest,
    reply: FastifyReply,
    { isForm, taskUUID }: { isForm: boolean; taskUUID: string },
  ): Promise<Answer> {
    const { owner } = request;
    if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
    requireScope(owner, 'upload');
    const isDry = isDryRun(request);
    const type = request.headers['content-type'] ?? '';
    if (isForm) requireForm(type);
    else requirePlainType(type);
    const { status, body, retryAfter, headers } = await this.receiveImage(
      request,
      { owner, isForm },
      ({ image, fields, fileName }) => {
        requireFile(fileName);
        const task = { taskUUID, ...Object.fromEntries(fields), taskType: 'imageUpload', image };
        return this.intake([task], { owner, isDryRun: isDry });
      },
    );
    reply.status(status).headers(headers);
    if (retryAfter !== undefined) reply.header('retry-after', `${retryAfter}`);
    return body;
  }
}
