import { describe, expect, it } from '@jest/globals';
import { failureOf } from './failure.js';

describe('failureOf', () => {
  it('shows scheme, host and path, and neither query nor userinfo', () => {
    const fail = failureOf(new URL('https://ann:pass@host.example:8443/a/b.png?token=secret#part'));

    expect(fail('failed', 'cannot be fetched').message).toBe(
      'https://host.example:8443/a/b.png cannot be fetched.',
    );
  });

  it('shows only the scheme where there is no host', () => {
    const fail = failureOf(new URL('data:image/png;base64,c2VjcmV0'));

    expect(fail('refused', 'is refused').message).toBe('The data: URL is refused.');
  });

  it('shortens a long path', () => {
    const fail = failureOf(new URL(`https://host.example/${'a'.repeat(5000)}`));

    expect(fail('failed', 'cannot be fetched').message.length).toBeLessThan(300);
  });

  it('names the parameter and the limit, and keeps the cause', () => {
    const cause = new Error('reset');
    const failure = failureOf(new URL('https://host.example/'), 'inputImage')('tooLarge', 'is too large', {
      max: 5,
      cause,
    });

    expect(failure.details).toEqual({ parameter: 'inputImage', max: 5 });
    expect(failure.cause).toBe(cause);
  });
});
