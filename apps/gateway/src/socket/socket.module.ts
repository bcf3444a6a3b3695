import { CONFIG, DATABASE, DatabaseModule, LOG, METRICS, provide, TelemetryModule, token } from '#nest';
import { createFaultLog } from '#telemetry';
import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { watchSockets } from '../gateway-metrics.js';
import { FAILED_TRIES } from '../door/door.module.js';
import { INTAKE_MEMORY } from '../door/intake-memory.js';
import { SPOOL } from '../door/spool.js';
import { GATEWAY_OPTIONS } from '../gateway-options.js';
import { ANSWER_TASKS } from '../tasks/answer-tasks.js';
import { READ_OUTCOME } from '../tasks/read-outcome.js';
import { TASK_EVENTS } from '../tasks/task-events.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { WAITING_ROOM } from '../tasks/waiting-room.js';
import { createBackground } from './background.js';
import { serveSockets, SOCKETS } from './serve-sockets.js';

const HTTP_SERVER = token<FastifyInstance['server']>('HTTP server');

/** Speaks the task API over WebSocket. */
@Module({
  imports: [DatabaseModule, TasksModule, TelemetryModule],
  providers: [
    {
      provide: HTTP_SERVER,
      inject: [HttpAdapterHost],
      useFactory: ({ httpAdapter }: HttpAdapterHost) => httpAdapter.getInstance<FastifyInstance>().server,
    },
    provide(
      SOCKETS,
      ({ metrics, ...needs }) => {
        const sockets = serveSockets({
          ...needs,
          background: createBackground(needs.log),
          logRefusal: createFaultLog(needs.log, 'client not authenticated'),
        });
        watchSockets(metrics, sockets.count);
        return sockets;
      },
      {
        answerTasks: ANSWER_TASKS,
        config: CONFIG,
        database: DATABASE,
        log: LOG,
        memory: INTAKE_MEMORY,
        tries: FAILED_TRIES,
        metrics: METRICS,
        options: GATEWAY_OPTIONS,
        readOutcome: READ_OUTCOME,
        server: HTTP_SERVER,
        spool: SPOOL,
        taskEvents: TASK_EVENTS,
        waitingRoom: WAITING_ROOM,
      },
    ),
  ],
  exports: [SOCKETS],
})
export class SocketModule {}
