import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';

const write = (error: unknown): string => {
  let lines = '';
  createLogger('test', 'trace', { write: (line) => void (lines += line) }).error({ err: error }, 'fault');
  return lines;
};

/** As ioredis throws it. */
const refused = () =>
  Object.assign(new Error('WRONGPASS invalid password'), {
    code: 'WRONGPASS',
    command: { name: 'auth', args: ['hush'] },
  });

describe('a logged error', () => {
  it('has its message, its stack and its code, but not the command that failed', () => {
    const { err } = JSON.parse(write(refused())) as { err: Record<string, unknown> };
    expect(Object.keys(err).toSorted()).toEqual(['code', 'message', 'stack', 'type']);
    expect(err).toMatchObject({ message: 'WRONGPASS invalid password', code: 'WRONGPASS' });
  });

  it.each([
    ['a cause', new Error('outer', { cause: refused() })],
    ['one of several', new AggregateError([refused()], 'outer')],
    ['a property', Object.assign(new Error('outer'), { lastNodeError: refused() })],
  ])('does not quote the command of %s', (_, error) => {
    const line = write(error);
    expect(line).toContain('WRONGPASS');
    expect(line).not.toContain('hush');
  });

  it('may hold itself, dates and bytes', () => {
    const socket: Record<string, unknown> = { at: new Date(0), bytes: Buffer.from('ab') };
    socket['owner'] = socket;
    const { err } = JSON.parse(write(Object.assign(new Error('cut'), { socket }))) as { err: object };
    const bytes = { type: 'Buffer', data: [97, 98] };
    expect(err).toMatchObject({ socket: { at: '1970-01-01T00:00:00.000Z', bytes, owner: '[Circular]' } });
  });

  it('does not quote a URL that cannot be parsed', () => {
    const parse = (text: string) => {
      try {
        return new URL(text);
      } catch (error) {
        return error;
      }
    };
    expect(write(parse('http://user:hush@:0:0'))).not.toContain('hush');
  });
});
