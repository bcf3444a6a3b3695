import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { differences } from '../test/scenes.js';
import { closedFormAlpha, type Raster } from './index.js';

const fixtures = join('..', 'shared', 'fixtures', 'cases');
const present = existsSync(join(fixtures, 'I-whiskers.png'));
if (!present) {
  // Jest does not show console.warn of a file whose tests are all skipped.
  process.stderr.write(
    `\n*** ${fixtures} is absent: the photo of whiskers is NOT compared with a direct solution. ***\n`,
  );
}

const read = async (name: string, channels: 1 | 3): Promise<Raster> => {
  const picture = sharp(join(fixtures, name));
  const grey = channels === 1 ? picture.extractChannel(0) : picture;
  const { data, info } = await grey.raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels };
};

/** A direct solution in double precision, in 65,535ths. */
const readDirect = async (): Promise<Float32Array> => {
  const picture = sharp(join(fixtures, 'I-whiskers-alpha16.png')).toColourspace('grey16').extractChannel(0);
  const { buffer, byteOffset, byteLength } = await picture.raw({ depth: 'ushort' }).toBuffer();
  return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), (value) => value / 65_535);
};

// A photo that we may not ship. Without it the line above is printed; hard-scenes.spec.ts has whiskers of our own.
(present ? describe : describe.skip)('whiskers before a dark ground', () => {
  it('keep each hair, within a level of a direct solution', async () => {
    const [photo, trimap] = [await read('I-whiskers.png', 3), await read('I-whiskers-trimap.png', 1)];

    const result = closedFormAlpha(photo, trimap);

    expect(result).toMatchObject({ solved: true, level: 0, unknownPixels: 37_410 });
    if (!result.solved) return;
    expect(differences(result.alpha.data, await readDirect()).largest).toBeLessThanOrEqual(1 / 255);
  });
});
