import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

describe('redact', () => {
  it('keeps host and path of an address and removes the parts that may be secret', () => {
    expect(redact('GET https://user:pass@store.example:9000/a/b.png?X-Signature=hush&y=1 failed')).toBe(
      'GET https://store.example:9000/a/b.png?… failed',
    );
    expect(redact('postgresql://clearcut:hush@db/clearcut#hush')).toBe('postgresql://db/clearcut?…');
  });

  it('keeps JSON valid', () => {
    const sent = {
      reason: 'GET "http://a/?token=hush"\n    at run',
      at: ['http://b/?q=hush', 'me@example.com?'],
    };
    expect(JSON.parse(redact(JSON.stringify(sent)))).toEqual({
      reason: 'GET "http://a/?…"\n    at run',
      at: ['http://b/?…', 'me@example.com?'],
    });
  });
});
