import { presetFinishing, type Finishing } from '#contract';

/** Steps from the mask to the cutout that differ from the plain ones. */
export type Steps = Partial<Finishing>;

const matting = (erodeSize: number, foregroundThreshold = 240, backgroundThreshold = 10): Steps => ({
  matting: { foregroundThreshold, backgroundThreshold, erodeSize, isOfMask: true },
});

/** Ways to finish a mask, by what they are called in the table. */
export const candidates: Readonly<Record<string, Steps>> = {
  none: {},
  'preset product': presetFinishing('product'),
  'preset hair': presetFinishing('hair'),
  'preset thin': presetFinishing('thin'),
  'levels 5-250': { levels: { low: 5, high: 250 } },
  'levels 20-235': { levels: { low: 20, high: 235 } },
  decontaminate: { decontaminate: true },
  'levels, decontaminate': { levels: { low: 20, high: 235 }, decontaminate: true },
  'edge -1': { edgeOffset: -1 },
  'edge -1, decontaminate': { edgeOffset: -1, decontaminate: true },
  'feather 1': { feather: 1 },
  matting: matting(10),
  'matting, erode 5': matting(5),
  'matting, erode 20': matting(20),
  'matting, erode 30': matting(30),
  'matting 250/5, erode 20': matting(20, 250, 5),
  'matting, levels': { ...matting(10), levels: { low: 10, high: 245 } },
};
