import { describe, expect, it } from '@jest/globals';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chunkFiles,
  content,
  files,
  filesIndexLast,
  header,
  index,
  newFolder,
  paxPath,
  resource,
  sha256Of,
  tarballOf,
  tgz,
  npmFileFrom,
} from '../test/tiny-package.js';
import { assemble } from './assemble.js';

const assembled = async (
  tarball: string,
  changes: Parameters<typeof npmFileFrom>[1] = {},
): Promise<Buffer> => {
  const target = join(await newFolder(), 'partial');
  await assemble(tarball, npmFileFrom('tiny@1.0.0', changes), target);

  return readFile(target);
};

const [first = '', second = '', rest = ''] = Object.keys(chunkFiles);
const bytesAt = (path: string): Buffer => chunkFiles[path] ?? Buffer.alloc(0);

describe('assemble', () => {
  it.each([
    ['before the chunks', files],
    ['behind the chunks', filesIndexLast],
    [
      'between chunks in another order',
      { [rest]: bytesAt(rest), ...index, [second]: bytesAt(second), [first]: bytesAt(first) },
    ],
  ])('reads an index that stands %s', async (_, entries) => {
    expect(await assembled(await tarballOf(entries))).toEqual(content);
  });

  it('skips other files of any length', async () => {
    const foreign = Object.fromEntries(
      [511, 512, 513, 200_000].map((size) => [`dist/${size}`, Buffer.alloc(size, 7)]),
    );

    expect(await assembled(await tarballOf({ ...foreign, ...files }))).toEqual(content);
  });

  it('writes a chunk that is listed twice to both places', async () => {
    const part = Buffer.from('again');
    const hash = sha256Of(part);
    const chunks = [
      { hash, offsets: [5, 10] },
      { hash, offsets: [0, 5] },
    ];
    const entries = {
      'dist/resources.json': Buffer.from(JSON.stringify({ [resource]: { chunks } })),
      [`dist/${hash}`]: part,
    };

    expect((await assembled(await tarballOf(entries), { bytes: 10 })).toString()).toBe('againagain');
  });

  it.each([
    ['without an index', chunkFiles, 'dist/resources.json is not in the package'],
    [
      'without a chunk',
      { ...index, [first]: bytesAt(first), [rest]: bytesAt(rest) },
      '1 of 3 chunks are not in the package',
    ],
    ['with a short chunk', { ...files, [second]: Buffer.from('short') }, `the chunk ${second} has 5 bytes`],
    [
      'whose index lacks our file',
      { 'dist/resources.json': Buffer.from('{}') },
      `dist/resources.json does not list ${resource}`,
    ],
    ['whose index is no JSON', { 'dist/resources.json': Buffer.from('<html>') }, 'JSON'],
  ])('refuses a package %s', async (_, entries, reason) => {
    const attempt = assembled(await tarballOf(entries));

    await expect(attempt).rejects.toThrow(
      'tiny (fp32) could not be put together from the npm package tiny@1.0.0: ',
    );
    await expect(attempt).rejects.toThrow(reason);
  });

  it('refuses an index whose chunks leave a gap or miss the size', async () => {
    const chunks = [
      { hash: 'a', offsets: [0, 4] },
      { hash: 'b', offsets: [5, 28] },
    ];
    const gap = { 'dist/resources.json': Buffer.from(JSON.stringify({ [resource]: { chunks } })) };

    await expect(assembled(await tarballOf(gap))).rejects.toThrow(`${resource} has no chunk for byte 4`);
    await expect(assembled(await tarballOf(files), { bytes: 29 })).rejects.toThrow(
      'has 28 bytes instead of 29',
    );
  });

  it('refuses a truncated tarball, and a file that is no tarball', async () => {
    const cut = await tarballOf(filesIndexLast);
    await truncate(cut, tgz(filesIndexLast).length - 40);
    const page = join(await newFolder(), 'page.tgz');
    await writeFile(page, '<html>not found</html>');

    await expect(assembled(cut)).rejects.toThrow('unexpected end of file');
    await expect(assembled(page)).rejects.toThrow('incorrect header check');
  });

  it('refuses a tarball that is cut anywhere, each time', async () => {
    const whole = tgz(filesIndexLast);
    const cut = join(await newFolder(), 'cut.tgz');
    const reasons = new Set<string>();
    for (let bytes = 1; bytes < whole.length; bytes += 1) {
      await writeFile(cut, whole.subarray(0, bytes));
      await assembled(cut).catch((error: Error) => reasons.add(error.message.replace(/^.*: |; run.*$/g, '')));
    }

    expect([...reasons]).toEqual(['unexpected end of file']);
  });

  it('refuses a header whose checksum is wrong', async () => {
    const damaged = header('dist/damaged', 0);
    damaged.write('9', 110);

    await expect(assembled(await tarballOf(files, [damaged]))).rejects.toThrow('checksum failure');
  });

  it('does not read a chunk that claims to have gigabytes', async () => {
    const tarball = await tarballOf(files, [header('dist/resources.json', 2 ** 32)]);

    await expect(assembled(tarball)).rejects.toThrow(
      'dist/resources.json has 4294967296 bytes, more than a chunk may have',
    );
  });

  it('passes over paths that lead out of the package', async () => {
    const foreign = ['../../../outside', '/outside'].map((path) => header(path, 0));

    expect(await assembled(await tarballOf(files, foreign))).toEqual(content);
  });

  it('does not follow a link in place of a chunk', async () => {
    const { [first]: _, ...others } = files;
    const tarball = await tarballOf(others, [header(first, 0, '2', '/etc/passwd')]);

    await expect(assembled(tarball)).rejects.toThrow('1 of 3 chunks are not in the package');
  });

  it('reads a path that is too long for the header', async () => {
    const long = `dist/${'resources'.repeat(30)}.json`;
    const text = index['dist/resources.json'] ?? Buffer.alloc(0);
    const entries = { short: text, ...chunkFiles };
    const npm = { ...npmFileFrom('tiny@1.0.0').npm, index: long };

    expect(await assembled(await tarballOf(entries, paxPath(long)), { npm })).toEqual(content);
  });
});
