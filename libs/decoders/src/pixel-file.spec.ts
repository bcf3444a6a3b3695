import { writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPixelFile, type PixelFile } from './pixel-file.js';

const pixels = Uint8Array.from({ length: 100 }, (_, i) => i);

describe('a file of pixels with used memory', () => {
  let file: PixelFile;
  let memory: ArrayBuffer;
  beforeEach(async () => {
    memory = new ArrayBuffer(120);
    new Uint8Array(memory).fill(255);
    file = await openPixelFile(undefined, () => memory);
  });
  afterEach(() => file.close());

  it('hands over all pixels, and no more', async () => {
    writeSync(file.fd, pixels);
    file.read(60, 100);
    file.read(100, 100);
    const taken = await file.taken();
    expect(taken).toEqual(pixels);
    expect(taken?.buffer).toBe(memory);
  });

  it('hands over nothing when some pixels were not written, so that no former image shows', async () => {
    writeSync(file.fd, pixels);
    file.read(60, 100);
    expect(await file.taken()).toBeUndefined();
  });

  it('rejects when the file is shorter than its writer said', async () => {
    writeSync(file.fd, pixels.subarray(0, 60));
    file.read(100, 100);
    await expect(file.taken()).rejects.toThrow('too short');
  });
});
