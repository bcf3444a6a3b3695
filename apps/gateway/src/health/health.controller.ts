import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { READINESS, Readiness } from './readiness.js';

const Liveness = z.strictObject({ status: z.literal('live') }).meta({ id: 'Liveness' });

const statusOf = { ready: 200, waiting: 503 } as const satisfies Record<Readiness['status'], number>;

@Controller('health')
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: () => Promise<Readiness>) {}

  @Get('live')
  @ApiOperation({ operationId: 'live', summary: 'The gateway answers.' })
  @ApiResponse({ status: 200, standardSchema: Liveness, description: 'It does.' })
  live() {
    return { status: 'live' };
  }

  @Get('ready')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'ready', summary: 'A task would be processed now.' })
  @ApiResponse({
    status: 200,
    standardSchema: Readiness,
    description: 'Database, queue and storage answer, and a warm worker takes tasks.',
  })
  @ApiResponse({
    status: 503,
    standardSchema: Readiness,
    description: 'Something of that is missing; the body says what.',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.readiness();
    reply.status(statusOf[readiness.status]);
    return readiness;
  }
}
