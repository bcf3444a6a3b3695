import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { defaultModel, defaultVariant, type Model, type Variant } from '#models';
import type { PullOptions } from '../src/index.js';
import type { Choice } from '../src/pin.js';
import { startFileServer, type FileServer } from './file-server.js';
import { recorder } from './recorder.js';
import { newFolder, sha256Of } from './tiny-package.js';

export const content = randomBytes(4_000_000);
export const sha256 = sha256Of(content);
export const md5 = createHash('md5').update(content).digest('hex');
export const blob = `sha256/${sha256}.onnx`;

/** A model with one file on a web server. */
export const choiceFrom = (url: string, changes: Partial<Variant> = {}): Choice => {
  const variant: Variant = {
    ...defaultVariant(defaultModel),
    name: 'fp32',
    origin: 'made for a spec',
    sources: [url],
    bytes: content.length,
    sha256,
    licence: { name: 'Free', terms: 'Free for everybody.', commercial: 'allowed' },
    ...changes,
  };
  const model: Model = { ...defaultModel, air: 'test:1@1', slug: 'tiny', variants: [variant] };
  return { model, variant };
};

export type Scene = {
  readonly server: FileServer;
  readonly choice: Choice;
  readonly modelsDir: string;
  readonly progress: ReturnType<typeof recorder>;
  readonly options: PullOptions;
};

export const setUp = async (changes: Partial<Variant> = {}): Promise<Scene> => {
  const server = await startFileServer(content);
  const modelsDir = await newFolder();
  const progress = recorder();
  const choice = choiceFrom(`${server.base}/tiny.onnx`, changes);
  return { server, choice, modelsDir, progress, options: { modelsDir, progress, delaysMs: [] } };
};

/** All files below the folder except stamps. */
export const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.verified'))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .sort();
};
