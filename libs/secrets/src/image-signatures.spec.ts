import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createImageSignatures } from './image-signatures.js';
import { createSecrets } from './secrets.js';

const name = '3f0c6d1e-52a9-4b7d-9c84-1a6e7f20b5d3.png';
const [key, other] = [randomBytes(32), randomBytes(32)];

describe('the signature of an address', () => {
  let nowMs = 1_800_000_000_000;
  const signatures = createImageSignatures(createSecrets([key]), 600, () => nowMs);
  const sign = () => Object.fromEntries(new URLSearchParams(signatures.queryOf(name)));

  it('is valid for its name until its time is over, and not after it', () => {
    const query = sign();
    expect(signatures.isValid(name, query)).toBe(true);
    nowMs += 599_000;
    expect(signatures.isValid(name, query)).toBe(true);
    nowMs += 62_000;
    expect(signatures.isValid(name, query)).toBe(false);
  });

  it('is equal within a minute', () => {
    nowMs = 1_800_000_001_000;
    const first = signatures.queryOf(name);
    nowMs += 30_000;
    expect(signatures.queryOf(name)).toBe(first);
  });

  it('is not valid for another name, time or signature, nor without one', () => {
    const query = sign();
    const { expires, signature } = query;
    const wrong = [
      {},
      { expires },
      { signature },
      { ...query, expires: `${Number(expires) + 60}` },
      { ...query, expires: `${expires}0` },
      { ...query, expires: [expires] },
      { ...query, signature: `${signature?.slice(0, -2)}AA` },
      { ...query, signature: '' },
    ];
    for (const each of wrong) expect(signatures.isValid(name, each)).toBe(false);
    expect(signatures.isValid(name.replace('png', 'jpg'), query)).toBe(false);
  });

  it('stays valid while SECRETS_KEY changes', () => {
    const query = sign();
    const next = createImageSignatures(createSecrets([other, key]), 600, () => nowMs);
    expect(next.isValid(name, query)).toBe(true);
    const last = createImageSignatures(createSecrets([other]), 600, () => nowMs);
    expect(last.isValid(name, query)).toBe(false);
  });
});
