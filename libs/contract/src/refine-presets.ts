import { toFinishing, type Finishing } from './finishing.js';
import type { Refine } from './settings.js';

type PresetName = NonNullable<Refine['preset']>;

const matting = (foreground: number, background: number, erodeSize: number): Refine => ({
  alphaMatting: true,
  alphaMattingForegroundThreshold: foreground,
  alphaMattingBackgroundThreshold: background,
  alphaMattingErodeSize: erodeSize,
});

type RefinePreset = { readonly description: string; readonly refine: Refine };

/** Steps that came out best for a kind of edge in `npm run bench -- edges`. */
export const refinePresets: Readonly<Record<PresetName, RefinePreset>> = {
  none: { description: 'The edge as the network sees it.', refine: {} },
  /** Straight and round edges: the least halo, and no edge moves. */
  product: {
    description: 'Boxes, bottles, shoes, furniture.',
    refine: { ...matting(240, 10, 5), levels: { low: 10, high: 245 } },
  },
  /** A wide band for what the network saw as one soft blur. */
  hair: { description: 'Hair, fur, grass.', refine: matting(250, 5, 20) },
  /** What the network saw only faintly is solved too, and certain parts hardly shrink. */
  thin: { description: 'Spokes, chains, wires.', refine: matting(180, 3, 1) },
};

/** The steps of a preset, and over them those that the caller names. */
export const withPreset = (refine: Refine = {}): Refine => ({
  ...refinePresets[refine.preset ?? 'none'].refine,
  ...refine,
});

/** The steps of a preset alone. */
export const presetFinishing = (preset: PresetName): Finishing => toFinishing({}, withPreset({ preset }));
