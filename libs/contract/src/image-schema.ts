import { z } from 'zod';
import { examples } from './examples.js';
import type { ImageText } from './long-text.js';

/** Validation sees a string; a long one is put back afterwards, see parseTask. */
export const ImageSource: z.ZodType<ImageText, ImageText> = z.string().min(1).meta({
  id: 'ImageSource',
  description:
    'A PNG, JPEG or WEBP: the UUID of an uploaded or resulting image, an http(s) URL, a data URI, or bare base64.',
  example: examples.removeBackground.inputImage,
});
