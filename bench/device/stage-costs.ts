import { readConfig } from '#config';
import { decode, limitsOf, wrapPng } from '#imaging';
import { cutout, deflateRows, resizeLanczos, toMask, toTensor } from '#matting';
import { defaultModel, defaultVariant } from '#models';
import { collectLessOften } from '#pipeline';
import type { StageMean } from '../overhead/figures.js';
import { median } from '../statistics.js';
import { softDisc } from './soft-disc.js';

const ROUNDS = 5;
const limits = limitsOf(readConfig());

/** CPU milliseconds of all threads, which other load of the machine hardly changes. */
const cpuOf = async <T>(work: () => T | Promise<T>) => {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  return { result, ms: (user + system) / 1000 };
};

const costs = async (jpeg: Uint8Array, size: number): Promise<StageMean[]> => {
  const input = { ...defaultVariant(defaultModel).input, size };
  const decoded = await cpuOf(() => decode(jpeg, limits));
  const photo = decoded.result;
  const before = await cpuOf(() => toTensor(resizeLanczos(photo, size, size), input));
  const mask = softDisc(size);
  const after = await cpuOf(() =>
    cutout(photo, resizeLanczos(toMask(mask, size), photo.width, photo.height)),
  );
  const encoded = await cpuOf(() => wrapPng(deflateRows(after.result), after.result));
  return [
    { stage: 'decode', ms: decoded.ms },
    { stage: 'preprocess', ms: before.ms },
    { stage: 'postprocess', ms: after.ms },
    { stage: 'encode', ms: encoded.ms },
  ];
};

/** Measures the worker's stages, except the device, in this process. */
export const stageCosts = async (jpeg: Uint8Array, size: number): Promise<StageMean[]> => {
  collectLessOften();
  // Lets V8 compile first.
  for (let round = 0; round < ROUNDS; round++) await costs(jpeg, size);
  const rounds: StageMean[][] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await costs(jpeg, size));
  return rounds[0]!.map(({ stage }, i) => ({ stage, ms: median(rounds.map((all) => all[i]!.ms)) }));
};
