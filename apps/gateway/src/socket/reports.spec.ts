import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import type { Owner, TaskRow } from '#database';
import { createLogger } from '#telemetry';
import type { TaskState } from '../tasks/task-events.js';
import { createBackground } from './background.js';
import { createReports } from './reports.js';

const state = (text: string, isEnd = false): TaskState => ({
  outcome: { result: { taskType: 'ping', pong: true } },
  text,
  isEnd,
});
const task = { id: 'the task' } as TaskRow;
const owner = {} as Owner;

const openLine = (states: () => AsyncIterable<TaskState>) => {
  const sent: string[] = [];
  const line = { isBehind: false };
  const socket = Object.assign(new EventEmitter(), { readyState: 1, OPEN: 1 }) as never;
  const sender = { send: (frame: string) => void sent.push(frame), isBehind: () => line.isBehind };
  const background = createBackground(createLogger('test', 'silent'));
  const needs = { background, owner, taskEvents: { states } };
  const reports = createReports(needs, { socket, sender }, () => void sent.push('end'));
  return { sent, line, reports, background };
};

it('sends a client that does not read only the latest state once it reads again', async () => {
  const { sent, line, reports, background } = openLine(async function* () {
    yield state('1');
    line.isBehind = true;
    yield state('2');
    yield state('3');
    line.isBehind = false;
    yield state('4');
    yield state('4');
    yield state('end', true);
  });
  const report = reports.open();
  report.stored({ task, isAsync: true });
  report.answered();
  await background.settle();
  expect(sent).toEqual(['1', '4', 'end']);
  expect(reports.isOpen()).toBe(false);
});

it('follows a task once, however often it was sent', async () => {
  let streams = 0;
  const { reports, background } = openLine(async function* () {
    streams++;
    yield state('end', true);
  });
  for (const report of [reports.open(), reports.open()]) {
    report.stored({ task, isAsync: true });
    report.answered();
  }
  await background.settle();
  expect(streams).toBe(1);
});
