import { Answer } from '#contract';
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../http/send-answer.js';
import { whenGone } from '../http/when-gone.js';
import { CUT_OUT, type CutOut } from './cut-out.js';
import { answerContent, answerHeaders, formSchema } from './describe-cutout.js';

/** A form or an image in, a picture out. Runware does not have it. */
@Controller('v1/cutout')
@ApiBearerAuth()
@ApiSecurity('x-api-key')
export class CutoutController {
  constructor(@Inject(CUT_OUT) private readonly cutOut: CutOut) {}

  @Post()
  @ApiOperation({
    operationId: 'cutOut',
    summary: 'Remove the background of a file, and get the picture.',
    description:
      'Does what a sync removeBackground does, without base64: the image comes in a form or as the body, and the cutout is the answer. Parameters are fields of the form, or of the query; those in objects have dotted names, such as settings.rgba. The key must be in a header. Runware does not have it.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Any text of 1 to 255 characters. The same request with the same key is done once; a UUID is its taskUUID.',
  })
  @ApiHeader({
    name: 'X-Runware-Dry-Run',
    required: false,
    description: '1 or true: validate and price, run nothing. 0 or false: no dry run.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: formSchema() })
  @ApiResponse({
    status: 200,
    description: 'The picture; or with `Accept: application/json` the answer of POST /v1.',
    headers: answerHeaders,
    content: answerContent,
  })
  @ApiResponse({
    status: '4XX',
    standardSchema: Answer,
    description: 'The image, the key or the request is at fault.',
  })
  @ApiResponse({
    status: '5XX',
    standardSchema: Answer,
    description: 'Our fault, or it takes longer; try again, or ask for the taskUUID.',
  })
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendAnswer(reply, await this.cutOut(request, whenGone(reply)));
  }
}
