import { describe, expect, it } from '@jest/globals';
import { failureOf, OutboundError, type OutboundFault } from './outbound-error.js';

describe('failureOf', () => {
  it('shows scheme, host and path, and neither query nor userinfo', () => {
    const fail = failureOf(new URL('https://ann:pass@host.example:8443/a/b.png?token=secret#part'), 'path');

    expect(fail('unreachable', 'cannot be fetched').message).toBe(
      'https://host.example:8443/a/b.png cannot be fetched.',
    );
  });

  it('shows scheme and host alone where the path may be a secret', () => {
    const fail = failureOf(
      new URL('https://ann:pass@hooks.example:8443/services/T0/B0/hush?token=secret'),
      'host',
    );

    expect(fail('unreachable', 'cannot be reached').message).toBe(
      'https://hooks.example:8443 cannot be reached.',
    );
  });

  it('shows only the scheme where there is no host', () => {
    const fail = failureOf(new URL('data:image/png;base64,c2VjcmV0'), 'host');

    expect(fail('refused', 'is refused').message).toBe('The data: URL is refused.');
  });

  it('shortens a long path', () => {
    const fail = failureOf(new URL(`https://host.example/${'a'.repeat(5000)}`), 'path');

    expect(fail('unreachable', 'cannot be fetched').message.length).toBeLessThan(300);
  });

  it('names the limit and keeps the cause', () => {
    const cause = new Error('reset');
    const failure = failureOf(new URL('https://host.example/'), 'path')('tooLarge', 'is too large', {
      max: 5,
      cause,
    });

    expect(failure).toMatchObject({ kind: 'tooLarge', facts: { max: 5 } });
    expect(failure.cause).toBe(cause);
  });
});

describe('isPassing', () => {
  it.each<[OutboundFault, number | undefined, boolean]>([
    ['refused', undefined, false],
    ['unreachable', undefined, true],
    ['untrusted', undefined, false],
    ['badStatus', 404, false],
    ['badStatus', 429, true],
    ['badStatus', 503, true],
    ['badAnswer', undefined, false],
    ['tooLarge', undefined, false],
    ['proxyAway', undefined, false],
    ['stopped', undefined, false],
  ])('%s with status %s may pass: %s', (kind, status, passes) => {
    const error = new OutboundError(kind, 'It failed.', status === undefined ? {} : { status });
    expect(error.isPassing).toBe(passes);
  });
});
