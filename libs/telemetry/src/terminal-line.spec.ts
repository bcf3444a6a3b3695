import { describe, expect, it } from '@jest/globals';
import { terminalLine } from './terminal-line.js';

describe('terminalLine', () => {
  const base = { level: 30, time: '2026-11-28T09:10:18.421Z', program: 'worker' };

  it('shows the model, size and duration of a finished task', () => {
    const ms = { queue: 119, infer: 5128.8, encode: 10.5 };
    const task = { taskId: 'a', taskUUID: 'b', attempt: 1, model: 'runware:109@1', width: 960, height: 720 };
    expect(terminalLine({ ...base, msg: 'task finished', ...task, ms, warnings: [] })).toBe(
      'worker      task finished  runware:109@1  960 × 720  5.3 s',
    );
  });

  it('shows the device, and why it is not a better one', () => {
    const facts = { requested: 'auto', provider: 'cpu', device: 'cpu', fallback: 'no driver' };
    expect(terminalLine({ ...base, msg: 'device', ...facts })).toBe('worker      device  cpu  (no driver)');
  });

  it('shows plain facts of other lines and the message of an error, without its stack', () => {
    const err = { type: 'Error', message: 'disk\nfull', stack: 'Error: disk full\n    at write' };
    expect(terminalLine({ ...base, msg: 'task given back', taskId: 'a', nested: { b: 1 }, err })).toBe(
      'worker      task given back  taskId=a  (disk full)',
    );
  });
});
