import { z } from 'zod';
import { didYouMean } from '../closest.js';
import { TaskError } from '../problems.js';
import { faultsOfFile, faultsOfNames } from '../file-faults.js';
import { hasRoom } from './layout.js';
import { composeFields, type Compose, type ComposeOptions } from './options.js';
import { toPlan } from './plan.js';

const Preset = z.strictObject({ description: z.string().min(1).optional(), ...composeFields });
export type Preset = z.infer<typeof Preset>;
export type Presets = ReadonlyMap<string, Preset>;

const white = { color: '#ffffff' };

/** The presets that every installation has. */
export const builtInPresets: Presets = new Map<string, Preset>(
  Object.entries({
    'marketplace-white-2000': {
      description: 'Pure white, 2000 × 2000, the product on 85 % of the side.',
      width: 2000,
      height: 2000,
      margin: '7.5%',
      maxUpscale: 4,
      background: white,
    },
    'marketplace-white-shadow-2000': {
      description: 'As marketplace-white-2000, standing on a contact shadow.',
      width: 2000,
      height: 2000,
      margin: '7.5%',
      maxUpscale: 4,
      background: white,
      shadow: { type: 'contact' },
    },
    'square-soft-1080': {
      description: 'A square post: pale gradient and drop shadow.',
      width: 1080,
      height: 1080,
      margin: '10%',
      background: { gradient: { from: '#fdfdfd', to: '#dfe3e8' } },
      shadow: { type: 'drop' },
    },
    'portrait-4x5': {
      description: 'A portrait of 1080 × 1350 on light grey, standing on the lower edge.',
      width: 1080,
      height: 1350,
      margin: 0,
      anchor: 'bottom',
      background: { color: '#eceef1' },
    },
    'story-9x16': {
      description: 'Full-screen phone format on the blurred photo.',
      width: 1080,
      height: 1920,
      margin: '6%',
      background: { blur: '4%' },
      shadow: { type: 'drop' },
    },
    'sticker-512': {
      description: 'A sticker: white outline, soft shadow, transparent ground.',
      width: 512,
      height: 512,
      margin: '3%',
      trim: { part: 'largest' },
      outline: { width: '2%' },
      shadow: { type: 'drop', offsetY: '0.8%', blur: '0.8%', opacity: 0.3 },
    },
    cutout: { description: 'The subject alone, trimmed, at its own size.' },
  } satisfies Record<string, Preset>),
);

/** The presets file is invalid; the message names the file and every wrong field. */
class PresetsError extends Error {
  override readonly name = 'PresetsError';
}

const PresetsFile = z.strictObject({
  presets: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be up to 64 small letters, digits and hyphens'),
    Preset,
  ),
});

const parseJson = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PresetsError(`The presets file ${name} is not JSON: ${(cause as Error).message}.`, { cause });
  }
};

/** Faults that show only when all options of a preset are read together. */
const faultOf = (name: string, preset: Preset): string[] => {
  try {
    const plan = toPlan(preset);
    return hasRoom(plan) ? [] : [`presets.${name}.margin: leaves no room for the subject`];
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const field = (error.details.parameter ?? '').replace(/^compose\./, '');
    return [`presets.${name}.${field}: ${error.message}`];
  }
};

/**
 * The built-in presets and those of an operator's file, which replace built-in ones of the same name.
 *
 * @throws PresetsError that names every wrong field
 */
export const loadPresets = (file: { readonly text: string; readonly name: string }): Presets => {
  const raw = parseJson(file.text, file.name);
  const parsed = PresetsFile.safeParse(raw);
  const faults = faultsOfNames(raw).concat(
    parsed.success
      ? Object.entries(parsed.data.presets).flatMap(([name, preset]) => faultOf(name, preset))
      : faultsOfFile(parsed.error),
  );
  if (!parsed.success || faults.length > 0)
    throw new PresetsError(`The presets file ${file.name} is not usable: ${faults.join('; ')}.`);
  return new Map([...builtInPresets, ...Object.entries(parsed.data.presets)]);
};

const isSizeSent = ({ width, height, aspectRatio }: ComposeOptions) =>
  width !== undefined || height !== undefined || aspectRatio !== undefined;

const unknownPreset = (name: string, presets: Presets) => {
  const known = [...presets.keys()];
  const message = `'compose.preset' names no preset of this service.${didYouMean(name, known)}`;
  return new TaskError('invalidParameter', message, { parameter: 'compose.preset', allowedValues: known });
};

/**
 * The options of a task with those of its preset behind them. Size and background replace those of the preset as a
 * whole; other groups are merged.
 *
 * @throws TaskError invalidParameter for an unknown preset
 */
export const withPreset = ({ preset: name, ...own }: Compose, presets: Presets): ComposeOptions => {
  if (name === undefined) return own;
  const preset = presets.get(name);
  if (!preset) throw unknownPreset(name, presets);
  const { description: _, width, height, aspectRatio, ...options } = preset;
  const size = Object.fromEntries(
    Object.entries({ width, height, aspectRatio }).filter(([, value]) => value !== undefined),
  );
  const merged = { ...options, ...(!isSizeSent(own) && size), ...own };
  for (const group of ['trim', 'shadow', 'outline'] as const)
    if (options[group] && own[group])
      Object.assign(merged, { [group]: { ...options[group], ...own[group] } });
  return merged;
};
