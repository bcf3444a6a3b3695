import { z } from 'zod';

const Threshold = z.int().min(1).max(255);
const Colour = z.int().min(0).max(255);

/** The fields of `settings`, which older clients send at the task's root. */
export const settingsFields = {
  rgba: z
    .tuple([Colour, Colour, Colour, z.number().min(0).max(255)])
    .optional()
    .meta({ description: 'Colour of the removed background; alpha 0 … 1, or 1 … 255 scaled down.' }),
  postProcessMask: z.boolean().optional(),
  returnOnlyMask: z.boolean().optional(),
  alphaMatting: z.boolean().optional(),
  alphaMattingForegroundThreshold: Threshold.optional(),
  alphaMattingBackgroundThreshold: Threshold.optional(),
  alphaMattingErodeSize: Threshold.optional(),
};

export const Settings = z.strictObject(settingsFields).meta({ id: 'Settings' });
export type Settings = z.infer<typeof Settings>;

/** Leaves the result as it is without any settings. Transparent white is what every result has anyway. */
const defaultSettings: Required<Settings> = {
  rgba: [255, 255, 255, 0],
  postProcessMask: false,
  returnOnlyMask: false,
  alphaMatting: false,
  alphaMattingForegroundThreshold: 240,
  alphaMattingBackgroundThreshold: 10,
  alphaMattingErodeSize: 10,
};

const isSettingsField = (name: string): name is keyof Settings => Object.hasOwn(settingsFields, name);

/** The first setting that differs from its default; undefined when all of them leave the result as it is. */
export const firstNonDefault = (settings: Settings): keyof Settings | undefined =>
  Object.keys(settings)
    .filter(isSettingsField)
    .find((name) => settings[name] !== undefined && String(settings[name]) !== String(defaultSettings[name]));
