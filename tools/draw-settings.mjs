// Draws docs/pictures/settings/*.jpg for docs/settings.md: the service's result without a setting, with it, and the
// difference. npm run docs:pictures [name of a case …]
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cases } from './pictures/cases.mjs';
import { drawPresets } from './pictures/presets.mjs';
import { startService } from './pictures/service.mjs';
import { difference, edgeError, sheet, toPixels } from './pictures/sheet.mjs';
import { hint, hintRadius, shown } from './pictures/touch-up.mjs';

const pictures = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const inputImage = readFileSync(`${pictures}cat.jpg`).toString('base64');
const truth = await toPixels(readFileSync(`${pictures}cat-alpha.png`));
const TOUCH_UP = 'touch-up';
const names = process.argv.slice(2).filter((name) => name === TOUCH_UP || Object.hasOwn(cases, name));

const askOnce = (service) => {
  const known = new Map();
  const ask = async (more) => {
    const task = { taskType: 'removeBackground', model: 'runware:109@1', inputImage };
    const item = await service.ask({ ...task, outputType: 'base64Data', includeCost: true, ...more });
    return { ...item, pixels: await toPixels(Buffer.from(item.imageBase64Data, 'base64')) };
  };
  return (more) => {
    const name = JSON.stringify(more);
    if (!known.has(name)) known.set(name, ask(more));
    return known.get(name);
  };
};

const codes = ({ warnings = [] }) => warnings.map(({ code }) => code);

/** The cost of a result, and the error of its alpha. */
const facts = ({ cost, pixels }) => {
  const error = edgeError(pixels, truth);
  return error === undefined ? cost : `${cost} (alpha off by ${error.toFixed(1)})`;
};

const drawCase = async (ask, name) => {
  const { off = {}, offLabel = 'off', on, label, views } = cases[name];
  const [before, after] = [await ask(off), await ask(on)];
  const columns = [
    { label: offLabel, pixels: before.pixels },
    { label, pixels: after.pixels },
    { label: ['difference', ...codes(after)].join(', '), pixels: difference(before.pixels, after.pixels) },
  ];
  await sheet(columns, views, `${pictures}settings/${name}.jpg`);
  console.log(name.padEnd(22), facts(before), '→', facts(after), ...codes(after));
};

const drawTouchUp = async (ask) => {
  const former = await ask({ settings: { alphaMatting: true } });
  const refine = { base: former.imageUUID, hint: await hint(), hintRadius };
  const touched = await ask({ refine });
  const columns = [
    { label: 'alphaMatting: true', pixels: former.pixels },
    { label: 'three strokes', pixels: await toPixels(await shown(`${pictures}cat.jpg`)) },
    { label: `refine.hint, hintRadius: ${hintRadius}`, pixels: touched.pixels },
  ];
  const views = [{ part: [168, 262, 120, 104], ground: '#101014' }];
  await sheet(columns, views, `${pictures}settings/${TOUCH_UP}.jpg`);
  console.log(TOUCH_UP.padEnd(22), facts(former), '→', facts(touched), ...codes(touched));
};

mkdirSync(`${pictures}settings`, { recursive: true });
if (names.length === 0) await drawPresets(`${pictures}settings/`);
const service = await startService();
try {
  const ask = askOnce(service);
  for (const name of names.length > 0 ? names : [...Object.keys(cases), TOUCH_UP])
    await (name === TOUCH_UP ? drawTouchUp(ask) : drawCase(ask, name));
} finally {
  await service.stop();
}
