import { afterAll } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defaultModel, defaultVariant, type Model, type Variant } from '#models';
import type { NpmFile } from '../src/npm-file.js';

export type Files = Readonly<Record<string, Buffer>>;

export const resource = '/models/tiny';

/** Three chunks as in the published packages: two full ones and a rest. */
const chunks = ['first chunk ', 'second chunk', 'rest'].map((text) => Buffer.from(text));

export const content = Buffer.concat(chunks);

export const sha256Of = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

const indexOf = (parts: readonly Buffer[]): Buffer => {
  let end = 0;
  const listed = parts.map((part) => ({ hash: sha256Of(part), offsets: [end, (end += part.length)] }));

  return Buffer.from(
    JSON.stringify({ [resource]: { chunks: listed, size: end, mime: 'application/octet-stream' } }),
  );
};

const manifest: Files = { 'package.json': Buffer.from('{ "name": "tiny-weights", "version": "1.0.0" }') };
export const index: Files = { 'dist/resources.json': indexOf(chunks) };
export const chunkFiles: Files = Object.fromEntries(chunks.map((part) => [`dist/${sha256Of(part)}`, part]));

/** A package with its files in the given order. */
export const files = { ...manifest, ...index, ...chunkFiles };
export const filesIndexLast = { ...manifest, ...chunkFiles, ...index };

/** A header of the ustar form. Type 0 is a file, 2 a symbolic link to `target`, x a pax header. */
export const header = (path: string, size: number, type = '0', target = ''): Buffer => {
  const block = Buffer.alloc(512);
  block.write(`package/${path}`);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(`        ${type}`, 148);
  block.write(target, 157);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);

  return block;
};

const padded = (data: Buffer): Buffer[] => [data, Buffer.alloc((512 - (data.length % 512)) % 512)];

/** @param before blocks that stand before the files */
export const tgz = (entries: Files, before: readonly Buffer[] = []): Buffer => {
  const blocks = Object.entries(entries).flatMap(([path, data]) => [
    header(path, data.length),
    ...padded(data),
  ]);

  return gzipSync(Buffer.concat([...before, ...blocks, Buffer.alloc(1024)]));
};

/** The next file's path where it is longer than the header's field. */
export const paxPath = (path: string): Buffer[] => {
  const rest = ` path=package/${path}\n`;
  const length = rest.length + String(rest.length + 3).length;
  const record = Buffer.from(`${length}${rest}`);
  return [header('PaxHeader', record.length, 'x'), ...padded(record)];
};

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

export const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-weights-'));
  folders.push(folder);

  return folder;
};

/** A tarball on disk, which npm accepts like a package of a registry. */
export const tarballOf = async (entries: Files, before: readonly Buffer[] = []): Promise<string> => {
  const path = join(await newFolder(), 'tiny-weights-1.0.0.tgz');
  await writeFile(path, tgz(entries, before));

  return path;
};

/** The same package as a folder, which npm packs itself. */
export const folderOf = async (entries: Files): Promise<string> => {
  const folder = await newFolder();
  for (const [path, data] of Object.entries(entries)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), data);
  }

  return folder;
};

/** The model file of that package. */
export const npmFileFrom = (npmPackage: string, changes: Partial<NpmFile> = {}): NpmFile => ({
  label: 'tiny (fp32)',
  bytes: content.length,
  npm: { package: npmPackage, tarballBytes: 1000, index: 'dist/resources.json', resource },
  ...changes,
});

/** A model of that one file. */
export const modelFrom = (npmPackage: string, changes: Partial<Variant> = {}): Model => {
  const variant: Variant = {
    ...defaultVariant(defaultModel),
    name: 'fp32',
    origin: 'made for a spec',
    sources: [npmFileFrom(npmPackage).npm],
    bytes: content.length,
    sha256: sha256Of(content),
    licence: { name: 'Free', terms: 'Free for everybody.', commercial: 'allowed' },
    ...changes,
  };
  return { ...defaultModel, air: 'test:1@1', slug: 'tiny', variants: [variant] };
};
