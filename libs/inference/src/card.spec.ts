import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cardId, parseCard, readCard } from './card.js';

const MEBIBYTE = 2 ** 20;

describe('parseCard', () => {
  it('reads per cent and mebibytes', () => {
    expect(parseCard('37, 5809, 143771')).toEqual({
      utilisation: 0.37,
      usedBytes: 5809 * MEBIBYTE,
      totalBytes: 143_771 * MEBIBYTE,
    });
  });

  it('leaves out what a MIG slice or an old card does not say', () => {
    expect(parseCard('[N/A], 1200, 40960')).toMatchObject({
      utilisation: undefined,
      usedBytes: 1200 * MEBIBYTE,
    });
    expect(parseCard('0, [Not Supported], [Unknown Error]')).toMatchObject({
      utilisation: 0,
      usedBytes: undefined,
      totalBytes: undefined,
    });
  });

  it.each(['', 'No devices were found', '[N/A], [N/A], [N/A]', 'NVIDIA-SMI has failed, sorry'])(
    'is undefined when nothing is said: %s',
    (line) => expect(parseCard(line)).toBeUndefined(),
  );
});

describe('cardId', () => {
  it.each([
    [0, undefined, '0'],
    [1, '2,3', '3'],
    [0, 'GPU-8f1c, GPU-77aa', 'GPU-8f1c'],
    [1, '', '1'],
  ])('names device %i with CUDA_VISIBLE_DEVICES %p', (gpu, visible, id) => {
    expect(cardId(gpu, visible)).toBe(id);
  });
});

describe('readCard', () => {
  it('asks nvidia-smi for the card, and says nothing where there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clearcut-card-'));
    try {
      const env = { PATH: `${folder}:/usr/bin:/bin`, CUDA_VISIBLE_DEVICES: 'GPU-1,GPU-2' };
      expect(await readCard(1, { PATH: folder })).toBeUndefined();
      const script = join(folder, 'nvidia-smi');
      await writeFile(script, '#!/bin/sh\n[ "$1" = --id=GPU-2 ] || exit 6\necho "95, 561, 143771"\n');
      await chmod(script, 0o755);
      expect(await readCard(1, env)).toMatchObject({ utilisation: 0.95, usedBytes: 561 * MEBIBYTE });
      expect(await readCard(0, env)).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
