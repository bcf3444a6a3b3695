import sharp from 'sharp';

const panel = { width: 360, height: 312 };
const gap = 8;
const header = 26;
const square = 24;

/** Reads any file as RGBA; a mask becomes grey. */
export const toPixels = async (bytes) => {
  const { channels } = await sharp(bytes).metadata();
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, raw: { width: info.width, height: info.height, channels: 4 }, isMask: channels === 1 };
};

const alphaAt = ({ data, isMask }, i) => data[i + (isMask ? 0 : 3)];

/** The mean error of alpha where the true alpha is soft; undefined when the result has a ground. */
export const edgeError = (pixels, truth) => {
  if (alphaAt(pixels, 0) > 0) return undefined;
  let [sum, count] = [0, 0];
  for (let i = 0; i < truth.data.length; i += 4) {
    const wanted = truth.data[i];
    if (wanted === 0 || wanted === 255) continue;
    sum += Math.abs(alphaAt(pixels, i) - wanted);
    count++;
  }
  return sum / count;
};

/** Green: more opaque. Red: less opaque. Blue: another visible colour. All differences are amplified four times. */
export const difference = (before, after) => {
  const data = Buffer.alloc(before.data.length, 255);
  for (let i = 0; i < data.length; i += 4) {
    const [old, young] = [alphaAt(before, i), alphaAt(after, i)];
    const change = (c) => Math.abs(after.data[i + c] - before.data[i + c]);
    const colour = before.isMask || after.isMask ? 0 : Math.max(change(0), change(1), change(2));
    data[i] = Math.max(old - young, 0);
    data[i + 1] = Math.max(young - old, 0);
    data[i + 2] = Math.min((4 * colour * Math.min(old, young)) / 255, 255);
  }
  return { data, raw: before.raw };
};

const checkerboard = (() => {
  const { width, height } = panel;
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const isDark = (Math.floor(x / square) + Math.floor(y / square)) % 2 === 1;
      data.fill(isDark ? 0xc4 : 0xff, (y * width + x) * 3, (y * width + x + 1) * 3);
    }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
})();

const groundOf = (colour) =>
  colour
    ? sharp({ create: { ...panel, channels: 3, background: colour } })
        .png()
        .toBuffer()
    : checkerboard;

/** Enlarges parts without smoothing. */
const draw = async ({ data, raw }, { part, ground }) => {
  const image = sharp(data, { raw });
  if (part) {
    const [left, top, width, height] = part;
    image.extract({ left, top, width, height });
  }
  const input = await image
    .resize({ ...panel, fit: 'fill', kernel: part ? 'nearest' : 'lanczos3' })
    .png()
    .toBuffer();
  return sharp(await groundOf(ground))
    .composite([{ input }])
    .png()
    .toBuffer();
};

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const labels = (texts, width) => {
  const each = texts.map(
    (text, i) => `<text x="${i * (panel.width + gap) + 2}" y="18">${escaped(text)}</text>`,
  );
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${header}"><g font-family="sans-serif" font-size="14" fill="#222">${each.join('')}</g></svg>`,
  );
};

/**
 * Draws labelled panels side by side, one row for each view.
 *
 * @param columns [{ label, pixels }]
 */
export const sheet = async (columns, views, path) => {
  const width = columns.length * (panel.width + gap) - gap;
  const height = header + views.length * (panel.height + gap) - gap;
  const panels = await Promise.all(
    views.flatMap((view, row) =>
      columns.map(async ({ pixels }, column) => ({
        input: await draw(pixels, view),
        left: column * (panel.width + gap),
        top: header + row * (panel.height + gap),
      })),
    ),
  );
  const heading = {
    input: labels(
      columns.map(({ label }) => label),
      width,
    ),
    left: 0,
    top: 0,
  };
  await sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([heading, ...panels])
    .jpeg({ quality: 84, mozjpeg: true, chromaSubsampling: '4:4:4' })
    .toFile(path);
};
