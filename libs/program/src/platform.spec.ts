import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BUILDS, requirePlatform } from './platform.js';

const binaries = join('node_modules', 'onnxruntime-node', 'bin', 'napi-v6');

describe('requirePlatform', () => {
  it('accepts this machine', () => {
    expect(() => requirePlatform()).not.toThrow();
  });

  it.each(['linux-x64', 'linux-arm64'])('refuses %s without glibc in our own words', (name) => {
    expect(() => requirePlatform({ name, glibc: undefined })).toThrow(
      /^Clearcut needs glibc: .*musl.*bookworm/,
    );
    expect(() => requirePlatform({ name, glibc: '2.28' })).not.toThrow();
  });

  it.each(['darwin-arm64', 'win32-x64'])('asks for no glibc on %s', (name) => {
    expect(() => requirePlatform({ name, glibc: undefined })).not.toThrow();
  });

  it.each(['darwin-x64', 'freebsd-x64', 'linux-ppc64'])('names the platforms that work on %s', (name) => {
    expect(() => requirePlatform({ name, glibc: '2.36' })).toThrow(
      `Clearcut cannot run a network on ${name}: onnxruntime has no build for it, only for ${BUILDS.join(', ')}.`,
    );
  });

  it('knows the builds that onnxruntime-node has', () => {
    const found = readdirSync(binaries).flatMap((system) =>
      readdirSync(join(binaries, system)).map((arch) => `${system}-${arch}`),
    );
    expect(found.sort()).toEqual(BUILDS);
  });
});
