import { describe, expect, it } from '@jest/globals';
import { taskUuidOf } from './idempotency-key.js';

/** The namespace of DNS names and the UUID that it gives to www.example.com: appendix A.4 of RFC 9562. */
const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const ofExample = '2ed6657d-e927-568b-95e1-2665a8aea6a2';

describe('an Idempotency-Key', () => {
  it('stands for the UUID of version 5 of the owner and its text', () => {
    expect(taskUuidOf('www.example.com', dns)).toBe(ofExample);
    expect(taskUuidOf('"www.example.com"', dns)).toBe(ofExample);
    expect(taskUuidOf('www.example.com', ofExample)).not.toBe(ofExample);
  });

  it('that is a UUID stands for itself', () => {
    expect(taskUuidOf(ofExample, dns)).toBe(ofExample);
  });
});
