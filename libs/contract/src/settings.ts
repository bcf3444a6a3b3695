import { z } from 'zod';
import { ImageSource } from './image-schema.js';

const Threshold = z.int().min(1).max(255);
const Colour = z.int().min(0).max(255);

/** Mask values from which a pixel is certain, 1…255, and the side of the square that erodes certain regions. */
export const Matting = z.object({
  foregroundThreshold: Threshold,
  backgroundThreshold: Threshold,
  erodeSize: Threshold,
});
export type Matting = z.infer<typeof Matting>;

const mattingFields = {
  alphaMatting: z
    .boolean()
    .optional()
    .meta({ description: 'Alpha of the uncertain edge from the colours of the photo, for hair and fur.' }),
  alphaMattingForegroundThreshold: Threshold.optional().meta({
    description: 'Mask values above it are certain subject. Default 240.',
  }),
  alphaMattingBackgroundThreshold: Threshold.optional().meta({
    description:
      'Mask values below it are certain background; the lower, the more is computed and paid. Default 10.',
  }),
  alphaMattingErodeSize: Threshold.optional().meta({
    description:
      'Side of the square, in pixels, by which the certain regions shrink; the larger, the wider the edge. Default 10.',
  }),
};

/** The fields of `settings`, which older clients send at the task's root. */
export const settingsFields = {
  rgba: z
    .tuple([Colour, Colour, Colour, z.number().min(0).max(255)])
    .optional()
    .meta({
      description:
        'Colour behind the subject; alpha 0 … 1, or 1 … 255 scaled down. JPG is flattened on its red, green and blue, or on white if alpha is 0.',
    }),
  postProcessMask: z
    .boolean()
    .optional()
    .meta({ description: 'A crisp mask without specks: every pixel is subject or background.' }),
  returnOnlyMask: z
    .boolean()
    .optional()
    .meta({ description: 'The mask in place of the cutout: one channel, white is subject.' }),
  ...mattingFields,
};

export const Settings = z.strictObject(settingsFields).meta({
  id: 'Settings',
  description: 'What RemBG 1.4 (runware:109@1) can do; other models take `refine`.',
});
export type Settings = z.infer<typeof Settings>;

const Levels = z
  .strictObject({
    low: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .meta({ description: 'Mask values up to it become 0. Default 5.' }),
    high: z
      .int()
      .min(155)
      .max(255)
      .optional()
      .meta({ description: 'Mask values from it on become 255. Default 250.' }),
  })
  .meta({
    id: 'Levels',
    description:
      'Stretches the mask: values up to `low` (0 to 100, default 5) become 0, those from `high` (155 to 255, default 250) on 255.',
  });

export const Refine = z
  .strictObject({
    preset: z.enum(['product', 'hair', 'thin', 'none']).optional().meta({
      description:
        'Steps that were measured best for a kind of edge: straight and round (`product`), hair and fur, or `thin` structures such as spokes. Other fields of `refine` count over it. Default none.',
    }),
    ...mattingFields,
    decontaminate: z
      .boolean()
      .optional()
      .meta({ description: "The background's colour is taken out of the edge; the alpha stays." }),
    edgeOffset: z
      .int()
      .min(-100)
      .max(100)
      .optional()
      .meta({ description: 'Pixels by which the edge grows (above 0) or shrinks.' }),
    feather: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .meta({ description: 'Softens the edge: σ of a Gaussian, in pixels.' }),
    levels: Levels.optional(),
    base: z.uuid().optional().meta({
      description:
        'The imageUUID of a former result of this photo. Its alpha is the mask, and the network does not run.',
    }),
    hint: ImageSource.optional().meta({
      description:
        "Strokes over the photo, of its size or scaled to it: white is kept, black is erased, grey is solved from the photo's colours, and transparent says nothing.",
    }),
    hintRadius: z.int().min(0).max(200).optional().meta({
      description:
        "Pixels around the white and black strokes that are solved from the photo's colours too. Default 0.",
    }),
  })
  .meta({ id: 'Refine', description: 'Better edges for every model. Runware does not have it.' });
export type Refine = z.infer<typeof Refine>;

/** These values do not change the result. Every result has a transparent white background by default. */
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

/** The first setting that differs from its default, or undefined. */
export const firstNonDefault = (settings: Settings): keyof Settings | undefined =>
  Object.keys(settings)
    .filter(isSettingsField)
    .find((name) => settings[name] !== undefined && String(settings[name]) !== String(defaultSettings[name]));
