import { TaskError } from '#contract';
import { defaultModelOf, slugOfRembg, type Catalogue } from '#models';
import type { Names } from '../door.js';
import { booleanIn, invalid, numberIn, textIn, unsupported, without, type Sent } from '../parameters.js';

const known = new Set(['model', 'a', 'af', 'ab', 'ae', 'om', 'ppm', 'dc', 'vm', 'bgc', 'extras', 'url']);

/** What errors call our parameters. */
export const rembgNames = (image: string): Names => ({
  inputImage: image,
  'settings.returnOnlyMask': 'om',
  'settings.postProcessMask': 'ppm',
  'settings.rgba': 'bgc',
  'refine.alphaMatting': 'a',
  'refine.alphaMattingForegroundThreshold': 'af',
  'refine.alphaMattingBackgroundThreshold': 'ab',
  'refine.alphaMattingErodeSize': 'ae',
  'refine.decontaminate': 'dc',
});

const modelOf = (sent: Sent, catalogue: Catalogue): string => {
  const name = textIn(sent, 'model');
  return name === undefined ? defaultModelOf(catalogue).air : slugOfRembg(name);
};

/** `255,0,0,128` → red, green, blue and an alpha of 0 … 1. */
const colourOf = (sent: Sent): readonly number[] | undefined => {
  const text = textIn(sent, 'bgc');
  if (text === undefined) return undefined;
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.length !== 4 || !numbers.every((one) => Number.isInteger(one) && one >= 0 && one <= 255))
    throw invalid('bgc', 'it must be red, green, blue and alpha from 0 to 255, with commas between them');
  const [red = 0, green = 0, blue = 0, alpha = 0] = numbers;
  return [red, green, blue, alpha / 255];
};

const requireKnown = (sent: Sent) => {
  for (const name of Object.keys(sent))
    if (!known.has(name)) throw unsupported(name, 'rembg has no such one');
  if (booleanIn(sent, 'vm')) throw unsupported('vm', 'there is no ViTMatte here; see a and dc');
  const extras = textIn(sent, 'extras');
  if (extras !== undefined && extras !== '{}') throw unsupported('extras', 'it has no equal here');
};

/** As with rembg, matting does not touch a mask. */
const mattingOf = (sent: Sent, isMask: boolean): Sent | undefined => {
  const isMatting = booleanIn(sent, 'a') === true && !isMask;
  const numbers = {
    alphaMattingForegroundThreshold: numberIn(sent, 'af', 1, 255),
    alphaMattingBackgroundThreshold: numberIn(sent, 'ab', 1, 255),
    alphaMattingErodeSize: numberIn(sent, 'ae', 1, 255),
  };
  return isMatting ? { alphaMatting: true, ...numbers } : undefined;
};

/**
 * The parameters of removeBackground for those of rembg's server. The image is not among them.
 *
 * @throws TaskError
 */
export const readRembgParameters = (sent: Sent, catalogue: Catalogue): Sent => {
  requireKnown(sent);
  const isMask = booleanIn(sent, 'om') === true;
  const settings = without({
    returnOnlyMask: isMask || undefined,
    postProcessMask: booleanIn(sent, 'ppm') || undefined,
    rgba: colourOf(sent),
  });
  const isDecontaminated = booleanIn(sent, 'dc') === true && !isMask;
  const refine = without({ ...mattingOf(sent, isMask), decontaminate: isDecontaminated || undefined });
  return without({
    model: modelOf(sent, catalogue),
    outputFormat: 'PNG',
    settings: Object.keys(settings).length > 0 ? settings : undefined,
    refine: Object.keys(refine).length > 0 ? refine : undefined,
  });
};

export const missingSource = (parameter: string, remedy: string): TaskError =>
  new TaskError('missingInputImage', `The request has no image: ${remedy}.`, { parameter });
