import { z } from 'zod';
import { ImageSource } from '../image-schema.js';
import { lengthOf } from './length.js';

const Colour = z
  .string()
  .regex(/^#?([0-9a-f]{6}|[0-9a-f]{8})$/i, 'must be a colour such as #ffffff, or #ffffff80 with alpha');

/** Pixels and per cent, the latter of the canvas's shorter side. */
const units = "Pixels of the canvas, or a share of its shorter side such as '2%'.";

const Trim = z
  .strictObject({
    threshold: z.int().min(1).max(255).optional().meta({
      description: 'Alpha from which a pixel belongs to the subject. Default 16.',
    }),
    part: z.enum(['all', 'largest', 'none']).optional().meta({
      description:
        "`all`: everything that was kept. `largest`: the largest connected part; others are erased. `none`: the photo's whole frame. Default all.",
    }),
  })
  .meta({ id: 'Trim', description: 'What counts as the subject.' });

const Gradient = z
  .strictObject({
    from: Colour,
    to: Colour,
    angle: z.number().min(0).max(360).optional().meta({
      description: 'Degrees, clockwise: 0 goes upwards, 90 to the right. Default 180, downwards.',
    }),
  })
  .meta({ id: 'Gradient', description: 'A linear gradient from one colour to another.' });

const Background = z
  .strictObject({
    color: Colour.optional().meta({ description: 'A plain colour; also around and behind an image.' }),
    gradient: Gradient.optional(),
    image: ImageSource.optional().meta({
      description:
        'An image, in every form that inputImage takes. It is checked, stored and kept as that one is.',
    }),
    fit: z.enum(['cover', 'contain']).optional().meta({
      description: 'Whether the image fills the canvas or lies within it, centred. Default cover.',
    }),
    blur: lengthOf({ least: 0, mostPx: 500, mostPercent: 25 })
      .optional()
      .meta({ description: `The photo itself, filling the canvas, blurred: σ of a Gaussian. ${units}` }),
  })
  .meta({ id: 'Background', description: 'One of color, gradient, image and blur; color may join image.' });

const Shadow = z
  .strictObject({
    type: z.enum(['drop', 'contact']).optional().meta({
      description:
        '`drop`: the whole silhouette. `contact`: the lowest fifth of it, squashed onto the ground. Default drop.',
    }),
    offsetX: lengthOf({ least: 'negative', mostPx: 2000, mostPercent: 50 })
      .optional()
      .meta({ description: `To the right; negative to the left. ${units} Default 0.` }),
    offsetY: lengthOf({ least: 'negative', mostPx: 2000, mostPercent: 50 })
      .optional()
      .meta({ description: `Downwards. ${units} Default 2% for drop, 0 for contact.` }),
    blur: lengthOf({ least: 0, mostPx: 500, mostPercent: 25 })
      .optional()
      .meta({ description: `σ of a Gaussian. ${units} Default 2% for drop, 1% for contact.` }),
    opacity: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .meta({ description: '0 leaves the shadow out. Default 0.35 for drop, 0.5 for contact.' }),
    color: Colour.optional().meta({ description: 'Default #000000.' }),
  })
  .meta({ id: 'Shadow', description: "A shadow made from the subject's alpha." });

const Outline = z
  .strictObject({
    width: lengthOf({ least: 0, mostPx: 500, mostPercent: 10 })
      .optional()
      .meta({ description: `${units} 0 leaves the outline out. Default 1%.` }),
    color: Colour.optional().meta({ description: 'Default #ffffff.' }),
  })
  .meta({ id: 'Outline', description: 'A line around the subject, as of a sticker.' });

const anchors = [
  'center',
  'top',
  'bottom',
  'left',
  'right',
  'top-left',
  'top-right',
  'bottom-left',
  'bottom-right',
] as const;

const canvasFields = {
  width: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: 'Pixels of the canvas, with `height` or `aspectRatio`.' }),
  height: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: 'Pixels of the canvas, with `width` or `aspectRatio`.' }),
  aspectRatio: z
    .string()
    .regex(/^[1-9]\d{0,3}:[1-9]\d{0,3}$/, 'must be two whole numbers with a colon between, such as 4:5')
    .optional()
    .meta({
      description: 'Width to height, such as 4:5. Alone: the smallest such canvas at the size of the photo.',
    }),
};

/** Without the name of a preset: what a preset may hold itself. */
export const composeFields = {
  trim: Trim.optional(),
  ...canvasFields,
  margin: lengthOf({ least: 0, mostPx: 10_000, mostPercent: 45 })
    .optional()
    .meta({ description: `Kept free on all sides of the subject. ${units} Default 0.` }),
  fit: z.enum(['contain', 'cover', 'none']).optional().meta({
    description:
      'The largest size within the margins, the smallest that fills them, or the size in the photo. Default contain.',
  }),
  anchor: z
    .enum(anchors)
    .optional()
    .meta({ description: 'Where the subject stands between the margins. Default center.' }),
  maxUpscale: z
    .number()
    .min(1)
    .max(16)
    .optional()
    .meta({ description: 'How many times the subject may be enlarged. Default 2.' }),
  background: Background.optional(),
  shadow: Shadow.optional(),
  outline: Outline.optional(),
};

export const ComposeOptions = z.strictObject(composeFields);
export type ComposeOptions = z.infer<typeof ComposeOptions>;

export const Compose = z
  .strictObject({
    preset: z.string().min(1).max(64).optional().meta({
      description: 'A named set of these options. Options beside it override those of the preset.',
      example: 'marketplace-white-2000',
    }),
    ...composeFields,
  })
  .meta({
    id: 'Compose',
    description:
      'Places the subject on a canvas: trimmed, scaled and aligned, with a background, a shadow and an outline. Runware does not have it.',
  });
export type Compose = z.infer<typeof Compose>;
