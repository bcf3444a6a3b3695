import { z } from 'zod';

const side = z.int().min(0);
/** A box may begin left of or above its picture. */
const BoxInPixels = z
  .strictObject({ x: z.int(), y: z.int(), width: side, height: side })
  .meta({ id: 'Box', description: 'Pixels from the upper left corner.' });

export const Composition = z
  .strictObject({
    width: side,
    height: side,
    subject: BoxInPixels.optional().meta({
      description: 'The subject on the canvas. It may reach over its edges. Absent when nothing was found.',
    }),
    source: BoxInPixels.optional().meta({ description: 'The same in the photo.' }),
  })
  .meta({ id: 'Composition', description: 'The canvas of `compose`, and where the subject is.' });
export type Composition = z.infer<typeof Composition>;
