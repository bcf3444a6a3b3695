// Draws docs/pictures/settings/*.jpg for docs/settings.md: the service's result without a setting, with it, and the
// difference. npm run docs:pictures [name of a case …]
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cases } from './pictures/cases.mjs';
import { drawPresets } from './pictures/presets.mjs';
import { startService } from './pictures/service.mjs';
import { difference, edgeError, sheet, toPixels } from './pictures/sheet.mjs';

const pictures = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const inputImage = readFileSync(`${pictures}cat.jpg`).toString('base64');
const truth = await toPixels(readFileSync(`${pictures}cat-alpha.png`));
const names = process.argv.slice(2).filter((name) => Object.hasOwn(cases, name));

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

mkdirSync(`${pictures}settings`, { recursive: true });
if (names.length === 0) await drawPresets(`${pictures}settings/`);
const service = await startService();
try {
  const ask = askOnce(service);
  for (const name of names.length > 0 ? names : Object.keys(cases)) await drawCase(ask, name);
} finally {
  await service.stop();
}
