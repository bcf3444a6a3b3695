import { CONFIG, DATABASE, DatabaseModule, provide, QueueModule, TASK_QUEUE, token } from '#nest';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { boardPlugin } from './board-plugin.js';
import { openBoard } from './open-board.js';

const BASE = '/queues';

const BOARD = token<FastifyPluginAsync>('board');

/** Mounts bull-board, which shows the queues job by job, as a plugin of Fastify. */
@Module({
  imports: [DatabaseModule, QueueModule],
  providers: [
    provide(
      BOARD,
      ({ config, database, queue }) => boardPlugin(openBoard({ database, queue }, BASE), config),
      { config: CONFIG, database: DATABASE, queue: TASK_QUEUE },
    ),
  ],
})
export class BoardModule implements OnModuleInit {
  constructor(
    @Inject(BOARD) private readonly board: FastifyPluginAsync,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    void fastify.register(this.board, { prefix: BASE });
  }
}
