import sharp from 'sharp';

const WIDTH = 240;
const HEIGHT = 180;

/** Coverage of a shape whose edge is `soft` pixels wide. */
const cover = (distance: number, soft: number) => Math.min(Math.max(0.5 - distance / soft, 0), 1);

/** A vase with a soft edge and a thin handle, and a speck that does not belong to it. */
export const cutPng = (): Promise<Buffer> => {
  const data = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const waist = 34 + 14 * Math.sin(y / 22);
      const body = Math.max(Math.abs(x - 112) - waist, Math.abs(y - 92) - 60);
      const handle = Math.abs(Math.hypot(x - 158, y - 84) - 22) - 3;
      const speck = Math.hypot(x - 22, y - 30) - 7;
      const alpha = Math.max(cover(body, 3), cover(handle, 2), cover(speck, 2));
      if (alpha > 0) data.set([200 - y / 2, 60 + x / 3, 90 + y / 3, 255 * alpha], (y * WIDTH + x) * 4);
    }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
    .png()
    .toBuffer();
};

/** A wall above a floor, partly transparent at its left edge. */
export const backgroundPng = (): Promise<Buffer> => {
  const [width, height] = [200, 120];
  const data = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const stripe = y > 80 ? 25 * ((x >> 4) & 1) : 0;
      const wall = y > 80 ? [120 + stripe, 90 + stripe, 60] : [180 + y / 2, 205, 220 - x / 8];
      data.set([...wall, Math.min(255, 60 + 8 * x)], (y * width + x) * 4);
    }
  return sharp(data, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
};
