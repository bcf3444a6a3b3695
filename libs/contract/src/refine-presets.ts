import { toFinishing, type Finishing } from './finishing.js';
import type { Refine } from './settings.js';

type PresetName = NonNullable<Refine['preset']>;

const matting = (foreground: number, background: number, erodeSize: number): Refine => ({
  alphaMatting: true,
  alphaMattingForegroundThreshold: foreground,
  alphaMattingBackgroundThreshold: background,
  alphaMattingErodeSize: erodeSize,
});

/** Steps that came out best for a kind of edge in `npm run bench -- edges`. */
const presets: Readonly<Record<PresetName, Refine>> = {
  none: {},
  /** Straight and round edges: the least halo, and no edge moves. */
  product: { ...matting(240, 10, 5), levels: { low: 10, high: 245 } },
  /** A wide band for what the network saw as one soft blur. */
  hair: matting(250, 5, 20),
  /** What the network saw only faintly is solved too, and certain parts hardly shrink. */
  thin: matting(180, 3, 1),
};

/** The steps of a preset, and over them those that the caller names. */
export const withPreset = (refine: Refine = {}): Refine => ({
  ...presets[refine.preset ?? 'none'],
  ...refine,
});

/** The steps of a preset alone. */
export const presetFinishing = (preset: PresetName): Finishing => toFinishing({}, withPreset({ preset }));
