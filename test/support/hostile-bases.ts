import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { disc, noise, toJpeg, toPng, toWebp, writePng } from './pictures.js';

/** Valid files that are damaged in many ways. */
export const bases = async () => {
  const picture = await toPng(disc(120, 90));
  const open = () => sharp(picture);
  const frames = Buffer.concat([disc(40, 30).data, noise(40, 30).data, disc(40, 30, 5).data]);
  return {
    png: picture,
    jpeg: await toJpeg(noise(90, 70)),
    webp: await toWebp(disc(90, 70)),
    progressive: await open().jpeg({ progressive: true }).toBuffer(),
    interlaced: await open().png({ progressive: true, palette: true }).toBuffer(),
    deep: writePng(90, 70, { bits: 16, colourType: 6, interlaced: true }),
    lossy: await open().ensureAlpha(0.5).webp({ quality: 60 }).toBuffer(),
    cmyk: await open().toColourspace('cmyk').jpeg().toBuffer(),
    animated: await sharp(frames, { raw: { width: 40, height: 90, channels: 3, pageHeight: 30 } })
      .webp({ loop: 0, delay: [10, 10, 10] })
      .toBuffer(),
    gif: Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  };
};
export type Bases = Awaited<ReturnType<typeof bases>>;

const patched = (file: Buffer, at: number, ...values: number[]): Buffer => {
  const bytes = Buffer.from(file);
  bytes.set(values, at);
  return bytes;
};

const FRAME = Buffer.from([0xff, 0xc0]);

/** Changes of what a format says of its own coding. */
export const codings = {
  crc: (bytes: Buffer): number => crc32(bytes),

  /** Sampling factors, and the kinds of frames that libjpeg knows or not. */
  oddSamplings: (jpeg: Buffer): Buffer[] => {
    const frame = jpeg.indexOf(FRAME);
    const factors = [0x00, 0x11, 0x12, 0x14, 0x21, 0x24, 0x31, 0x41, 0x42, 0x44, 0x4f, 0xff];
    const kinds = [0xc1, 0xc2, 0xc3, 0xc5, 0xc9, 0xca, 0xcb];
    return [
      ...factors.map((factor) => patched(jpeg, frame + 11, factor)),
      ...factors.map((factor) => patched(jpeg, frame + 14, factor)),
      ...kinds.map((kind) => patched(jpeg, frame + 1, kind)),
      ...[0, 1, 2, 4, 5, 255].map((components) => patched(jpeg, frame + 9, components)),
      ...[2, 12, 16].map((bits) => patched(jpeg, frame + 4, bits)),
    ];
  },

  /** CMYK and YCCK, by the transform of Adobe's marker. */
  oddColours: (cmyk: Buffer): Buffer[] => {
    const frame = cmyk.indexOf(FRAME);
    const adobe = (transform: number) =>
      Buffer.concat([
        cmyk.subarray(0, 2),
        Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe\0d\0\0\0\0', 'latin1'), transform]),
        cmyk.subarray(2),
      ]);
    return [
      ...[0, 1, 2, 3, 255].map(adobe),
      ...[0x12, 0x22, 0x41, 0x44].map((factor) => patched(adobe(2), frame + 16 + 11, factor)),
      patched(cmyk, frame + 9, 3),
    ];
  },

  /** Frames of an animation that are too large, lie outside or are missing. */
  oddAnimations: (webp: Buffer, random: (below: number) => number): Buffer[] => {
    const frame = webp.indexOf('ANMF') + 8;
    return [
      ...[0, 3, 6, 9, 12, 15].map((field) => patched(webp, frame + field, 0xff, 0xff, 0xff)),
      patched(webp, webp.indexOf('VP8X') + 12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      webp.subarray(0, frame),
      Buffer.concat([webp, ...Array.from({ length: 2_000 }, () => webp.subarray(frame - 8))]),
      patched(webp, frame + 20 + random(20), random(256)),
    ];
  },
};
