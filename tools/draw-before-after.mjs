// Draws docs/pictures/before-after.jpg: the photo beside its cutout on a checkerboard.
// node tools/draw-before-after.mjs photo cutout
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const [photo, cutout] = process.argv.slice(2);
const [width, height, gap, square] = [640, 480, 12, 20];

const checkerboard = (() => {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isDark = (Math.floor(x / square) + Math.floor(y / square)) % 2 === 1;
      data.fill(isDark ? 0xd4 : 0xff, (y * width + x) * 3, (y * width + x + 1) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
})();

const before = await sharp(photo).resize(width, height).toBuffer();
const subject = await sharp(cutout).resize(width, height).png().toBuffer();
const after = await checkerboard
  .composite([{ input: subject }])
  .png()
  .toBuffer();
await sharp({ create: { width: 2 * width + gap, height, channels: 3, background: '#ffffff' } })
  .composite([
    { input: before, left: 0, top: 0 },
    { input: after, left: width + gap, top: 0 },
  ])
  .jpeg({ quality: 88, mozjpeg: true })
  .toFile(fileURLToPath(new URL('../docs/pictures/before-after.jpg', import.meta.url)));
