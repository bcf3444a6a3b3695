import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { declaredBytes, isCompressed, readBody } from './read-body.js';

async function* piecesOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const tooLarge = () => new Error('too large');

describe('readBody', () => {
  it('keeps every byte for all chunk sizes and expected lengths', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 1, max: 700 }),
        fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined }),
        async (bytes, size, expectedBytes) => {
          const read = await readBody(piecesOf(bytes, size), { maxBytes: 3000, expectedBytes }, tooLarge);
          expect(Buffer.compare(read, bytes)).toBe(0);
        },
      ),
    );
  });

  it('accepts the cap and refuses one more byte', async () => {
    const bytes = new Uint8Array(1000);

    expect(await readBody(piecesOf(bytes, 7), { maxBytes: 1000 }, tooLarge)).toHaveLength(1000);
    await expect(readBody(piecesOf(bytes, 7), { maxBytes: 999 }, tooLarge)).rejects.toThrow('too large');
  });

  it('never allocates more than the cap', async () => {
    const read = await readBody(piecesOf(new Uint8Array(90_000), 1000), { maxBytes: 100_000 }, tooLarge);

    expect(read.buffer.byteLength).toBe(100_000);
  });
});

describe('declaredBytes', () => {
  it('reads a length and nothing else', () => {
    expect(declaredBytes({ 'content-length': '12' })).toBe(12);
    expect(declaredBytes({ 'content-length': '-1' })).toBeUndefined();
    expect(declaredBytes({ 'content-length': ['1', '2'] })).toBeUndefined();
    expect(declaredBytes({})).toBeUndefined();
  });
});

describe('isCompressed', () => {
  it('distinguishes compressed bodies from others', () => {
    expect(isCompressed({ 'content-encoding': 'GZIP' })).toBe(true);
    expect(isCompressed({ 'content-encoding': 'identity, br' })).toBe(true);
    expect(isCompressed({ 'content-encoding': ['identity', 'zstd'] })).toBe(true);
    expect(isCompressed({ 'content-encoding': 'aws-chunked' })).toBe(false);
    expect(isCompressed({})).toBe(false);
  });
});
