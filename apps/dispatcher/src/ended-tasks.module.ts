import { METRICS, provide, TelemetryModule, token } from '#nest';
import { createEndedTasks, type EndedTasks } from '#telemetry';
import { Module } from '@nestjs/common';

/** Counts tasks that the dispatcher or its operator ended while they waited. */
export const ENDED_TASKS = token<EndedTasks>('ended tasks');

@Module({
  imports: [TelemetryModule],
  providers: [provide(ENDED_TASKS, ({ metrics }) => createEndedTasks(metrics), { metrics: METRICS })],
  exports: [ENDED_TASKS],
})
export class EndedTasksModule {}
