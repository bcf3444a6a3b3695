// Draws docs/pictures/settings/preset-*.jpg: drawn scenes with a mask as of a network, cut out without and with a preset.
// They are the scenes of `npm run bench -- edges`.
import { candidates } from '../../dist/bench/edges/candidates.js';
import { cutBy } from '../../dist/bench/edges/edges.js';
import { networkMask } from '../../dist/bench/edges/network-mask.js';
import { drawScene } from '../../dist/bench/edges/scenes.js';
import { presetScenes } from './cases.mjs';
import { sheet } from './sheet.mjs';

const magenta = '#ff00ff';
const toPixels = ({ data, width, height, channels }) => ({
  data: Buffer.from(data),
  raw: { width, height, channels },
});

export const drawPresets = async (folder) => {
  for (const [preset, [name, part]] of Object.entries(presetScenes)) {
    const scene = await drawScene(name, 100);
    const mask = await networkMask(scene.alpha);
    const cut = (steps) => toPixels(cutBy(scene.photo, mask, candidates[steps]));
    const columns = [
      { label: 'the photo', pixels: toPixels(scene.photo) },
      { label: 'without a preset, on magenta', pixels: cut('none') },
      { label: `refine.preset: ${preset}`, pixels: cut(`preset ${preset}`) },
    ];
    await sheet(columns, [{ part, ground: magenta }], `${folder}preset-${preset}.jpg`);
    console.log(`preset-${preset}`);
  }
};
