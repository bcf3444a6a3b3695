import { access, constants, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { readCatalogue, usableCores, type Config } from '#config';
import { reasonOf } from '#errors';
import { defaultModelOf } from '#models';
import { isAbsentHere, type Finding } from './finding.js';

const GB = 1024 ** 3;
/** A worker with the default model needs about that much. */
const LEAST_MEMORY = 1 * GB;
const LEAST_DISK = 1 * GB;

const inGb = (bytes: number): string => `${(bytes / GB).toFixed(1)} GB`;

const checkNode = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const note = `${process.versions.node} on ${process.platform} ${process.arch}, ${usableCores()} of ${availableParallelism()} cores`;
  const isOld = major < 20 || (major === 20 && minor < 19);
  return { name: 'node', note, ...(isOld && { fault: 'install Node 20.19, 22, 24 or 26' }) };
};

const checkMemory = (): Finding => {
  // A container may have less than the machine.
  const limit = process.constrainedMemory() || Infinity;
  const all = Math.min(totalmem(), limit);
  const free = Math.min(process.availableMemory(), all);
  const note = `${inGb(free)} of ${inGb(all)} available`;
  if (all < LEAST_MEMORY) return { name: 'memory', note, fault: 'a worker needs at least 1 GB' };
  const hint = 'a worker needs about 1 GB: end other programs, or lower WORKER_CONCURRENCY';
  return { name: 'memory', note, ...(free < LEAST_MEMORY && { hint }) };
};

/** The nearest folder that exists, since a first start makes the others. */
const existing = async (path: string): Promise<string> => {
  try {
    await access(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return existing(dirname(path));
  }
};

const checkFolder = async (setting: 'DATA_DIR' | 'MODELS_DIR', path: string): Promise<Finding> => {
  const name = 'disk';
  try {
    const folder = await existing(path);
    const { bavail, bsize } = await statfs(folder);
    const note = `${inGb(bavail * bsize)} free in ${path}`;
    if (bavail * bsize < LEAST_DISK) return { name, note, fault: `make room, or change ${setting}` };
    const isWritable = await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    );
    // Workers need not write to their models.
    if (isWritable || setting === 'MODELS_DIR') return { name, note };
    const remedy = `this user cannot write there: change its owner or ${setting}`;
    // Some programs need no such folder.
    return { name, note, ...(folder === path ? { fault: remedy } : { hint: remedy }) };
  } catch (error) {
    return { name, note: `${path}: ${reasonOf(error)}`, fault: `see ${setting}` };
  }
};

const checkDevice = async ({ DEVICE, INTRA_OP_THREADS }: Config): Promise<Finding[]> => {
  const name = 'device';
  try {
    const { openDevice } = await import('#inference');
    const options = { device: DEVICE, intraOpThreads: INTRA_OP_THREADS, maxBatch: 1, lingerMs: 0 };
    const device = await openDevice(options, { onCrash: () => undefined });
    const { provider, device: used, fallback } = device.facts;
    await device.close();
    const note = `${used} (${provider}), DEVICE=${DEVICE}`;
    return [{ name, note, ...(fallback !== undefined && { hint: `no better one: ${fallback}` }) }];
  } catch (error) {
    if (isAbsentHere(error, 'inference')) return [];
    return [{ name, note: reasonOf(error), fault: 'see DEVICE, or leave it out' }];
  }
};

const checkWeights = async (config: Config): Promise<Finding[]> => {
  const name = 'weights';
  try {
    const { installedWeights } = await import('#weights');
    const catalogue = await readCatalogue(config);
    const options = { modelsDir: config.MODELS_DIR, note: () => undefined };
    const installed = await installedWeights(catalogue, options);
    const airs = [...new Set(installed.map(({ model }) => model.air))];
    const { air } = defaultModelOf(catalogue);
    const note = airs.length === 0 ? `none in ${config.MODELS_DIR}` : airs.join(', ');
    const hint = `npm start pulls ${air}; elsewhere run npx clearcut models pull ${air}`;
    return [{ name, note, ...(!airs.includes(air) && { hint }) }];
  } catch (error) {
    if (isAbsentHere(error, 'weights')) return [];
    return [{ name, note: reasonOf(error), fault: 'see MODELS_FILE and npx clearcut models verify' }];
  }
};

/** What a program needs of the machine that it runs on. */
export const checkMachine = async (config: Config): Promise<Finding[]> => [
  checkNode(),
  checkMemory(),
  await checkFolder('DATA_DIR', config.DATA_DIR),
  ...(config.MODELS_DIR.startsWith(config.DATA_DIR)
    ? []
    : [await checkFolder('MODELS_DIR', config.MODELS_DIR)]),
  ...(await checkDevice(config)),
  ...(await checkWeights(config)),
];
