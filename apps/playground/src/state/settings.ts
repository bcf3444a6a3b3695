import { composeOf, noCanvas, type CanvasSettings } from './compose.js';
import type { Refine, RemoveOptions, Settings as ModelSettings } from '#client/browser';

export type Format = 'PNG' | 'WEBP' | 'JPG';

/** What a person chose. A value that changes nothing is not sent. */
export type Settings = CanvasSettings & {
  readonly model: string;
  readonly format: Format;
  readonly quality: number;
  /** Empty, or the name of a preset of `refine`. */
  readonly edge: string;
  readonly hair: boolean;
  readonly cleanColours: boolean;
  readonly edgeOffset: number;
  readonly feather: number;
  readonly levels: boolean;
  readonly low: number;
  readonly high: number;
  readonly foreground: number;
  readonly background: number;
  readonly erode: number;
  readonly crisp: boolean;
  readonly onlyMask: boolean;
  /** `#rrggbb`; empty leaves the background transparent. */
  readonly fill: string;
};

/** Only this model takes `settings`; all take `refine`. */
export const MODEL_WITH_SETTINGS = 'runware:109@1';

export const plain: Settings = {
  model: MODEL_WITH_SETTINGS,
  format: 'PNG',
  quality: 95,
  edge: '',
  hair: false,
  cleanColours: false,
  edgeOffset: 0,
  feather: 0,
  levels: false,
  low: 5,
  high: 250,
  foreground: 240,
  background: 10,
  erode: 10,
  crisp: false,
  onlyMask: false,
  fill: '',
  ...noCanvas,
};

const colourOf = (hex: string): [number, number, number, number] => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255, 1];
};

/** Without the fields that are as they would be anyhow; undefined when none is left. */
const fieldsOf = <T extends object>(fields: T): T | undefined => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length > 0 ? (Object.fromEntries(given) as T) : undefined;
};

const unless = <T>(value: T, usual: T): T | undefined => (value === usual ? undefined : value);

const refineOf = (chosen: Settings): Refine | undefined =>
  fieldsOf<{ [K in keyof Refine]: Refine[K] | undefined }>({
    preset: (chosen.edge || undefined) as Refine['preset'],
    alphaMatting: chosen.hair || undefined,
    alphaMattingForegroundThreshold: chosen.hair ? unless(chosen.foreground, plain.foreground) : undefined,
    alphaMattingBackgroundThreshold: chosen.hair ? unless(chosen.background, plain.background) : undefined,
    alphaMattingErodeSize: chosen.hair ? unless(chosen.erode, plain.erode) : undefined,
    decontaminate: chosen.cleanColours || undefined,
    edgeOffset: unless(chosen.edgeOffset, 0),
    feather: unless(chosen.feather, 0),
    levels: chosen.levels ? { low: chosen.low, high: chosen.high } : undefined,
  }) as Refine | undefined;

const settingsOf = ({ model, crisp, onlyMask, fill, canvas }: Settings): ModelSettings | undefined => {
  if (model !== MODEL_WITH_SETTINGS) return undefined;
  return fieldsOf({
    postProcessMask: crisp || undefined,
    returnOnlyMask: onlyMask || undefined,
    // A canvas has a ground of its own.
    rgba: fill && canvas === '' ? colourOf(fill) : undefined,
  }) as ModelSettings | undefined;
};

export type Options = Pick<
  RemoveOptions,
  'model' | 'outputFormat' | 'outputQuality' | 'settings' | 'refine' | 'compose' | 'includeCost'
>;

/** The parameters of the task. */
export const optionsOf = (chosen: Settings): Options => {
  const [settings, refine, compose] = [settingsOf(chosen), refineOf(chosen), composeOf(chosen)];
  return {
    model: chosen.model,
    outputFormat: chosen.format,
    ...(chosen.format !== 'PNG' && { outputQuality: chosen.quality }),
    includeCost: true,
    ...(settings && { settings }),
    ...(refine && { refine }),
    ...(compose && { compose }),
  };
};

export const extensionOf = (format: Format): 'png' | 'jpg' | 'webp' =>
  (({ PNG: 'png', JPG: 'jpg', WEBP: 'webp' }) as const)[format];
