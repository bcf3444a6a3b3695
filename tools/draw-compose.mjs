// Draws docs/pictures/compose/*.jpg for docs/compose.md: a batch of photos by several presets, and one photo with each
// kind of ground, shadow and outline. npm run docs:pictures [batch | parts]
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { startService } from './pictures/service.mjs';

const pictures = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const photos = ['bear', 'mug', 'cat'];
const presets = ['marketplace-white-2000', 'square-soft-1080', 'portrait-4x5', 'story-9x16', 'sticker-512'];
const photo = (name) => readFileSync(`${pictures}${name}.jpg`).toString('base64');

/** A wall and a table, which a photo may be put on. */
const studio = await sharp(
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><defs>
    <linearGradient id="wall" x2="0" y2="1"><stop stop-color="#dcd3c4"/><stop offset="1" stop-color="#f3ece0"/></linearGradient>
    <linearGradient id="table" x2="0" y2="1"><stop stop-color="#a9825a"/><stop offset="1" stop-color="#7f5b39"/></linearGradient>
    </defs><rect width="600" height="470" fill="url(#wall)"/><rect y="430" width="600" height="170" fill="url(#table)"/>
    <circle cx="470" cy="110" r="60" fill="#f8f3ea"/></svg>`),
)
  .png()
  .toBuffer();

const square = { width: 800, height: 800, margin: '12%', maxUpscale: 4 };
const grey = { color: '#eceff2' };
/** Options for the mug, by what their picture says. */
const parts = {
  'shadow: contact': { ...square, background: grey, shadow: { type: 'contact' } },
  'shadow: drop': { ...square, background: grey, shadow: { offsetX: '2%', offsetY: '3%', blur: '2.5%' } },
  'outline: 2%': { ...square, background: { color: '#3f5d74' }, outline: { width: '2%' } },
  'gradient, 135°': { ...square, background: { gradient: { from: '#fdf3dd', to: '#d3873f', angle: 135 } } },
  'blur: 3%': { ...square, background: { blur: '3%' }, shadow: {} },
  'image: cover': {
    ...square,
    background: { image: studio.toString('base64') },
    shadow: { type: 'contact' },
    anchor: 'bottom',
  },
  'anchor: bottom-left': { ...square, background: grey, anchor: 'bottom-left', maxUpscale: 1 },
  'fit: cover': { ...square, background: grey, fit: 'cover', margin: 0, maxUpscale: 16 },
};

const cell = 220;
const gap = 10;
const label = 22;

const checkerboard = (() => {
  const data = Buffer.alloc(cell * cell * 3, 255);
  for (let y = 0; y < cell; y++)
    for (let x = 0; x < cell; x++)
      if (((x >> 4) + (y >> 4)) % 2) data.fill(0xd8, (y * cell + x) * 3, (y * cell + x + 1) * 3);
  return sharp(data, { raw: { width: cell, height: cell, channels: 3 } })
    .png()
    .toBuffer();
})();

/** A picture in its cell, on a checkerboard as far as it is transparent. */
const draw = async (bytes) => {
  const input = await sharp(bytes).resize(cell, cell, { fit: 'inside' }).png().toBuffer();
  const { width, height } = await sharp(input).metadata();
  const ground = await sharp(await checkerboard)
    .extract({ left: 0, top: 0, width, height })
    .png()
    .toBuffer();
  const picture = await sharp(ground).composite([{ input }]).png().toBuffer();
  return { input: picture, left: Math.floor((cell - width) / 2), top: Math.floor((cell - height) / 2) };
};

const words = (text, left, top) =>
  `<text x="${left + 2}" y="${top + 16}">${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;

/** @param rows lists of { label, bytes } */
const sheet = async (rows, path) => {
  const width = rows[0].length * (cell + gap) - gap;
  const height = rows.length * (cell + gap + label) - gap;
  const cells = rows.flatMap((row, y) =>
    row.map((each, x) => ({ ...each, x: x * (cell + gap), y: y * (cell + gap + label) })),
  );
  const drawn = await Promise.all(
    cells.map(async ({ bytes, x, y }) => {
      const { input, left, top } = await draw(bytes);
      return { input, left: x + left, top: y + label + top };
    }),
  );
  const text = cells.map((each) => words(each.label, each.x, each.y)).join('');
  const labels = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g font-family="sans-serif" font-size="13" fill="#222">${text}</g></svg>`,
  );
  await sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([...drawn, { input: labels, left: 0, top: 0 }])
    .jpeg({ quality: 84, mozjpeg: true })
    .toFile(path);
};

const asked = process.argv.slice(2).filter((name) => ['batch', 'parts'].includes(name));
const isAsked = (name) => asked.length === 0 || asked.includes(name);

const service = await startService();
const compose = async (inputImage, options) => {
  const task = { taskType: 'removeBackground', model: 'runware:109@1', inputImage, includeCost: true };
  const item = await service.ask({ ...task, outputType: 'base64Data', compose: options });
  console.log(JSON.stringify(options).slice(0, 60).padEnd(62), item.cost, JSON.stringify(item.composition));
  return Buffer.from(item.imageBase64Data, 'base64');
};

try {
  mkdirSync(`${pictures}compose`, { recursive: true });
  const rows = [];
  for (const name of isAsked('batch') ? photos : []) {
    const row = [{ label: `${name}.jpg`, bytes: readFileSync(`${pictures}${name}.jpg`) }];
    for (const preset of presets) row.push({ label: preset, bytes: await compose(photo(name), { preset }) });
    rows.push(row);
  }
  if (rows.length > 0) await sheet(rows, `${pictures}compose/batch.jpg`);

  const cells = [];
  for (const [text, options] of isAsked('parts') ? Object.entries(parts) : [])
    cells.push({ label: text, bytes: await compose(photo('mug'), options) });
  if (cells.length > 0) await sheet([cells.slice(0, 4), cells.slice(4)], `${pictures}compose/parts.jpg`);
} finally {
  await service.stop();
}
