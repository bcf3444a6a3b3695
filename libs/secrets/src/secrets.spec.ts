import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openExistingSecrets, openSecrets } from './open-secrets.js';

const url = 'https://bucket.example/put?X-Amz-Signature=secret';
const newKey = () => randomBytes(32).toString('base64');

describe('a sealed text', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clearcut-secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('opens with the key in the data folder, which only its owner can read', () => {
    const sealed = openSecrets({ DATA_DIR: folder }).seal(url);
    expect(sealed).not.toContain('secret');
    expect(openSecrets({ DATA_DIR: folder }).open(sealed)).toBe(url);
    expect(statSync(join(folder, 'secrets-key')).mode & 0o777).toBe(0o600);
  });

  it('differs each time, so that equal URLs are not recognised', () => {
    const { seal } = openSecrets({ DATA_DIR: folder });
    expect(seal(url)).not.toBe(seal(url));
  });

  it('opens with an older key that follows the new one', () => {
    const [older, newer] = [newKey(), newKey()];
    const sealed = openSecrets({ SECRETS_KEY: [older], DATA_DIR: folder }).seal(url);
    expect(openSecrets({ SECRETS_KEY: [newer, older], DATA_DIR: folder }).open(sealed)).toBe(url);
    expect(() => openSecrets({ SECRETS_KEY: [newer], DATA_DIR: folder }).open(sealed)).toThrow(/SECRETS_KEY/);
  });

  it('is sealed anew only where an older key sealed it', () => {
    const [older, newer] = [newKey(), newKey()];
    const sealed = openSecrets({ SECRETS_KEY: [older], DATA_DIR: folder }).seal(url);
    const renewed = openSecrets({ SECRETS_KEY: [newer, older], DATA_DIR: folder }).renew(sealed);
    const { open, renew } = openSecrets({ SECRETS_KEY: [newer], DATA_DIR: folder });
    expect([open(renewed), renew(renewed)]).toEqual([url, renewed]);
  });

  it('is rejected when it was changed or truncated', () => {
    const { seal, open } = openSecrets({ DATA_DIR: folder });
    const sealed = seal(url);
    const last = sealed.at(-5) === 'A' ? 'B' : 'A';
    expect(() => open(sealed.slice(0, -5) + last + sealed.slice(-4))).toThrow(/cannot be opened/);
    expect(() => open(sealed.slice(0, 20))).toThrow(/cut off/);
  });

  it('is returned as it is when it was stored without a key', () => {
    expect(openSecrets({ DATA_DIR: folder }).open(url)).toBe(url);
  });

  it('is opened by commands with a key that exists, and they make none', () => {
    expect(() => openExistingSecrets({ DATA_DIR: folder })).toThrow(
      /SECRETS_KEY is not set, and .* no secrets-key/,
    );
    expect(readdirSync(folder)).toEqual([]);
    const sealed = openSecrets({ DATA_DIR: folder }).seal(url);
    expect(openExistingSecrets({ DATA_DIR: folder }).open(sealed)).toBe(url);
  });

  it('needs keys of full length', () => {
    openSecrets({ DATA_DIR: folder });
    const path = join(folder, 'secrets-key');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 10));
    expect(() => openSecrets({ DATA_DIR: folder })).toThrow(/not 32 bytes/);
  });
});
