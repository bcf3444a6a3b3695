import { pingDatabase, servedModels } from '#database';
import { askInTime } from '#program';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Edges } from '../edges.js';
import { EDGES } from '../tokens.js';

type Check = 'up' | 'down';
type Readiness = {
  status: 'ready' | 'waiting';
  database: Check;
  queue: Check;
  storage: Check;
  models: string[];
};

const check = (work: Promise<unknown>): Promise<Check> =>
  work.then(
    () => 'up',
    () => 'down',
  );

@Controller('health')
export class HealthController {
  constructor(@Inject(EDGES) private readonly edges: Edges) {}

  @Get('live')
  @ApiOperation({ operationId: 'live', summary: 'The gateway answers.' })
  @ApiResponse({ status: 200, description: 'It does.' })
  live() {
    return { status: 'live' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'ready', summary: 'A task would be processed now.' })
  @ApiResponse({
    status: 200,
    description: 'Database, queue and storage answer, and a warm worker takes tasks.',
  })
  @ApiResponse({ status: 503, description: 'Something of that is missing; the body says what.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const { database, queue, storage } = this.edges;
    const [databaseIs, queueIs, storageIs, models] = await Promise.all([
      check(pingDatabase(database)),
      check(queue.ping()),
      askInTime<Check>(
        () => check(storage.probe()),
        () => 'down',
      ),
      servedModels(database).catch(() => new Set<string>()),
    ]);
    const checks = { database: databaseIs, queue: queueIs, storage: storageIs };
    const ready = Object.values(checks).every((answer) => answer === 'up') && models.size > 0;
    reply.status(ready ? 200 : 503).header('cache-control', 'no-store');
    return { status: ready ? 'ready' : 'waiting', ...checks, models: [...models] };
  }
}
