import { describe, expect, it } from '@jest/globals';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('is parsed and formatted as the W3C specifies', () => {
    const text = `00-${traceId}-${spanId}-01`;
    const read = parseTraceparent(text);
    expect(read).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true });
    expect(read && formatTraceparent(read)).toBe(text);
  });

  it('may have more fields in a later version', () => {
    expect(parseTraceparent(`01-${traceId}-${spanId}-00-more`)).toMatchObject({ traceId, traceFlags: 0 });
  });

  it.each([
    '',
    'x',
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
  ])('is not parsed from %p', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});
