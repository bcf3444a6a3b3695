import { z } from 'zod';
import { ComposePlan } from './compose/plan.js';
import { TaskError } from './problems.js';
import { Matting, type Refine, type Settings } from './settings.js';

/** The steps from the network's mask to the result, in one form for all spellings of clients. */
export const Finishing = z.object({
  postProcessMask: z.boolean(),
  returnOnlyMask: z.boolean(),
  /** Alpha from the colours of the photo. `isOfMask`: `returnOnlyMask` returns the matted mask. */
  matting: Matting.extend({ isOfMask: z.boolean() }).nullable(),
  /** Estimates the colours of the subject again; the alpha stays. */
  decontaminate: z.boolean(),
  /** The mask values that become 0 and 255. */
  levels: z.object({ low: z.int(), high: z.int() }).nullable(),
  /** Pixels by which the edge moves out (above 0) or in. */
  edgeOffset: z.int(),
  /** σ of a Gaussian, in pixels. */
  feather: z.number(),
  /** Strokes that correct the mask come with the task. `radius`: pixels around them that are solved. */
  hint: z.object({ radius: z.int() }).exactOptional(),
  /** Colour of the removed background, as sent. */
  rgba: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable(),
  /** Where the subject is placed. Absent, and not null, so that tasks without it hash as they always did. */
  compose: ComposePlan.exactOptional(),
});
export type Finishing = z.infer<typeof Finishing>;

/** Makes the plain cutout. */
export const plainFinishing: Finishing = {
  postProcessMask: false,
  returnOnlyMask: false,
  matting: null,
  decontaminate: false,
  levels: null,
  edgeOffset: 0,
  feather: 0,
  rgba: null,
};

type Numbers = Pick<
  Settings,
  'alphaMattingForegroundThreshold' | 'alphaMattingBackgroundThreshold' | 'alphaMattingErodeSize'
>;

const numbersOf = (from: Numbers): Matting => ({
  foregroundThreshold: from.alphaMattingForegroundThreshold ?? 240,
  backgroundThreshold: from.alphaMattingBackgroundThreshold ?? 10,
  erodeSize: from.alphaMattingErodeSize ?? 10,
});

const mattingOf = (settings: Settings, refine: Refine): Finishing['matting'] => {
  if (settings.alphaMatting && refine.alphaMatting) {
    const parameter = refine.preset === undefined ? 'refine.alphaMatting' : 'refine.preset';
    const message = `'settings.alphaMatting' and '${parameter}' ask for the same; send one of them.`;
    throw new TaskError('incompatibleParameters', message, { parameter });
  }
  if (settings.alphaMatting) return { ...numbersOf(settings), isOfMask: false };
  return refine.alphaMatting ? { ...numbersOf(refine), isOfMask: true } : null;
};

const levelsOf = ({ levels }: Refine): Finishing['levels'] =>
  levels ? { low: levels.low ?? 5, high: levels.high ?? 250 } : null;

/** @throws TaskError incompatibleParameters when both ask for matting */
export const toFinishing = (settings: Settings, refine: Refine = {}, compose?: ComposePlan): Finishing => ({
  postProcessMask: settings.postProcessMask ?? false,
  returnOnlyMask: settings.returnOnlyMask ?? false,
  matting: mattingOf(settings, refine),
  decontaminate: refine.decontaminate ?? false,
  levels: levelsOf(refine),
  edgeOffset: refine.edgeOffset ?? 0,
  feather: refine.feather ?? 0,
  // Absent without one, since gateways of the former release hash tasks without it.
  ...(refine.hint !== undefined && { hint: { radius: refine.hintRadius ?? 0 } }),
  // A composition has the colour as its ground.
  rgba: compose ? null : (settings.rgba ?? null),
  ...(compose && { compose }),
});
