import { expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import type { ArgumentsHost } from '@nestjs/common';
import { ProblemFilter } from './problem.filter.js';

const reply = {
  getHeaders: () => ({}),
  headers: () => reply,
  header: () => reply,
  status: () => reply,
  send: () => reply,
};
const host = {
  switchToHttp: () => ({ getRequest: () => ({ url: '/v1', server: {} }), getResponse: () => reply }),
} as unknown as ArgumentsHost;

const openFilter = () => {
  const lines: string[] = [];
  const note = (_: object, message: string) => void lines.push(message);
  const filter = new ProblemFilter({ warn: note, error: note } as never, 'http://here');
  return { lines, answer: filter.catch.bind(filter) };
};

it('logs one line for all requests that an outage refuses within a minute', () => {
  const { lines, answer } = openFilter();
  for (let i = 0; i < 100; i++) answer(new TaskError('serviceUnavailable', 'Away.'), host);
  expect(lines).toEqual(['requests refused']);
});

it('logs each request that fails by a fault of the program', () => {
  const { lines, answer } = openFilter();
  for (let i = 0; i < 3; i++) answer(new TypeError('a fault'), host);
  expect(lines).toEqual(['request failed', 'request failed', 'request failed']);
});
