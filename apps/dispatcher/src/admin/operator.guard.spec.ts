import { expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import { authorise } from './operator.guard.js';

const operator = { ADMIN_TOKEN: 'the-password-of-the-operator', TRUSTED_PROXIES: ['10.0.0.0/8'] };

/** The status of a request with this password that came through a proxy. */
const tryPassword = (password: string, caller: string): number => {
  const headers = { authorization: `Bearer ${password}`, 'x-forwarded-for': caller };
  const raw = { socket: { remoteAddress: '10.0.0.1' }, headers };
  try {
    authorise(operator, { method: 'GET', headers, raw } as never, { header: () => undefined } as never);
    return 200;
  } catch (error) {
    if (error instanceof HttpException) return error.getStatus();
    throw error;
  }
};

it('tells callers behind a trusted proxy apart when it counts wrong passwords', () => {
  const statuses = Array.from({ length: 100 }, () => tryPassword('wrong', '203.0.113.9'));
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  expect(tryPassword('wrong', '203.0.113.10')).toBe(401);
  expect(tryPassword(operator.ADMIN_TOKEN, '203.0.113.9')).toBe(200);
});
