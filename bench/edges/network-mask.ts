import type { Raster } from '#matting';
import sharp from 'sharp';

/** Pixels between the network's own samples, for a photo somewhat larger than its input. */
const STEP = 3;

/**
 * What a network makes of a scene, without one: it sees the photo smaller, blurs edges, keeps a little of the background,
 * and is too sure of itself. Structures finer than its samples fade.
 */
export const networkMask = async ({ data, width, height }: Raster): Promise<Raster> => {
  const small = await sharp(data, { raw: { width, height, channels: 1 } })
    .resize(Math.max(1, Math.round(width / STEP)), Math.max(1, Math.round(height / STEP)), { fit: 'fill' })
    .blur(0.8)
    .linear(1.6, -0.2 * 255)
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const mask = await sharp(small.data, {
    raw: { width: small.info.width, height: small.info.height, channels: 1 },
  })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .extractChannel(0)
    .raw()
    .toBuffer();
  return { data: mask, width, height, channels: 1 };
};
