import { expect, it } from '@jest/globals';
import { disc, toJpeg } from '#test/pictures';
import { startDecoderProcess } from './decoder-process.js';
import { openPixelFile } from './pixel-file.js';

const limits = { cores: 1, memoryBytes: 500e6, cpuMs: 60_000 };

it('leaves the file of its pixels alone when it ended while they were read', async () => {
  const pixelFile = await openPixelFile();
  const decoder = startDecoderProcess({
    limits,
    maxBytes: 1e6,
    pixelFile: {
      ...pixelFile,
      taken: async () => {
        const pixels = await pixelFile.taken();
        decoder.kill('stopped');
        await decoder.ended;
        await pixelFile.close();
        return pixels;
      },
    },
  });
  expect(await decoder.ready).toBeUndefined();
  const outcome = await decoder.decode(await toJpeg(disc(64, 48)), 1e6);
  expect(outcome).toMatchObject({ type: 'ended', end: { cause: 'stopped' } });
  await decoder.freed();
});
