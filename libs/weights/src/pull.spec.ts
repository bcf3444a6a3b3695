import { describe, expect, it } from '@jest/globals';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startFileServer } from '../test/file-server.js';
import { newFolder } from '../test/tiny-package.js';
import { blob, choiceFrom, content, filesIn, md5, setUp, sha256 } from '../test/weights-folder.js';
import { findInstalled } from './installed.js';
import { pullWeights, removeWeights, verifyWeights, weightsPath } from './index.js';

const flipped = (): Buffer => {
  const copy = Buffer.from(content);
  copy[1234] = (copy[1234] ?? 0) ^ 1;
  return copy;
};

describe('pullWeights', () => {
  it('installs a file under its hash, and leaves nothing else', async () => {
    const { choice, options, modelsDir } = await setUp();

    const { path } = await pullWeights(choice, options);

    expect(path).toBe(weightsPath(sha256, modelsDir));
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await filesIn(modelsDir)).toEqual([blob]);
  });

  it('does nothing when the file is installed', async () => {
    const { server, choice, options } = await setUp();
    await pullWeights(choice, options);
    await pullWeights(choice, options);

    expect(server.asked).toHaveLength(1);
  });

  it('refuses a file with one bit flipped, and installs nothing', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    server.content = flipped();

    await expect(pullWeights(choice, options)).rejects.toThrow(
      /has the sha-256 .* instead of .*: it is not the expected file, and nothing was installed\.$/,
    );
    expect(await filesIn(modelsDir)).toEqual([]);
  });

  it('installs and verifies a file when the disk is too full for its stamp', async () => {
    const { choice, options, modelsDir, progress } = await setUp();
    await mkdir(join(modelsDir, 'sha256'));
    const fullDisk = () => symlink('/dev/full', join(modelsDir, `${blob}.verified`));
    await fullDisk();

    await pullWeights(choice, options);
    expect(await readdir(join(modelsDir, 'sha256'))).toEqual([`${sha256}.onnx`]);

    await fullDisk();
    const verdicts = await verifyWeights([choice], { modelsDir, note: progress.note });
    expect(verdicts).toMatchObject([{ fault: undefined }]);
  });

  it('tries the next place when one has a damaged file', async () => {
    const { server, modelsDir, options } = await setUp();
    const damaged = await startFileServer(Buffer.alloc(content.length));
    const sources = [`${damaged.base}/tiny.onnx`, `${server.base}/tiny.onnx`];

    await pullWeights(choiceFrom('', { sources }), options);

    expect(server.asked).toMatchObject([{ range: undefined, status: 200 }]);
    expect(await filesIn(modelsDir)).toEqual([blob]);
  });

  it('refuses a file of another size without fetching it', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    server.content = content.subarray(1);

    await expect(pullWeights(choice, options)).rejects.toThrow('has 3999999 bytes instead of 4000000');
    expect(await filesIn(modelsDir)).toEqual([]);
  });

  it('tries the next place when one does not have the file', async () => {
    const { server, options } = await setUp();
    const other = await startFileServer(content);
    server.statuses = [404];
    const choice = choiceFrom('', { sources: [`${server.base}/tiny.onnx`, `${other.base}/tiny.onnx`] });

    await pullWeights(choice, options);

    expect(other.asked).toHaveLength(1);
  });

  it('names every place when none has the file', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    server.statuses = [404];

    await expect(pullWeights(choice, options)).rejects.toThrow(
      `tiny (fp32) could not be fetched: ${server.base}/tiny.onnx answers 404.`,
    );
    expect(await filesIn(modelsDir)).toEqual([]);
  });

  it('installs a file from the disk', async () => {
    const { options } = await setUp();
    const file = join(await newFolder(), 'own.onnx');
    await writeFile(file, content);
    const choice = choiceFrom(pathToFileURL(file).href);

    expect(content.equals(await readFile((await pullWeights(choice, options)).path))).toBe(true);
  });
});

describe('a file with only a published md5', () => {
  it('is checked by its md5 first and by its sha-256 afterwards', async () => {
    const { choice, options, modelsDir, progress } = await setUp({ sha256: undefined, md5 });

    await pullWeights(choice, options);

    expect(await filesIn(modelsDir)).toEqual(['pins/test-1@1.fp32.json', blob]);
    const found = await findInstalled(choice, { modelsDir, note: progress.note });
    expect(found?.sha256).toBe(sha256);
  });

  it('is refused when its md5 differs', async () => {
    const { server, choice, options } = await setUp({ sha256: undefined, md5 });
    server.content = flipped();

    await expect(pullWeights(choice, options)).rejects.toThrow(`instead of ${md5}`);
  });
});

describe('a file without a published hash', () => {
  const unknown = { sha256: undefined, md5: undefined };

  it('is not fetched without a consent', async () => {
    const { server, choice, options } = await setUp(unknown);

    await expect(pullWeights(choice, options)).rejects.toThrow(
      /^Nobody publishes a hash of tiny \(fp32\): .*--sha256.*--trust-on-first-use\.$/,
    );
    expect(server.asked).toEqual([]);
  });

  it('must have the hash that the operator names', async () => {
    const { choice, options } = await setUp(unknown);

    await expect(pullWeights(choice, { ...options, consent: { sha256: 'f'.repeat(64) } })).rejects.toThrow(
      `instead of ${'f'.repeat(64)}`,
    );
    expect((await pullWeights(choice, { ...options, consent: { sha256 } })).sha256).toBe(sha256);
  });

  it('must equal the trusted first download until it is removed', async () => {
    const { server, choice, options, modelsDir } = await setUp(unknown);
    const consent = { trustOnFirstUse: true };
    const { path } = await pullWeights(choice, { ...options, consent });
    await writeFile(path, 'damaged');
    server.content = flipped();

    await expect(pullWeights(choice, { ...options, consent })).rejects.toThrow(`instead of ${sha256}`);
    await removeWeights(choice, modelsDir);
    expect((await pullWeights(choice, { ...options, consent })).sha256).not.toBe(sha256);
  });

  it('is not replaced by another when the pin of the first download is damaged', async () => {
    const { choice, options, modelsDir } = await setUp(unknown);
    const trusting = { ...options, consent: { trustOnFirstUse: true } };
    await pullWeights(choice, trusting);
    const pin = join(modelsDir, 'pins', 'test-1@1.fp32.json');
    await writeFile(pin, '{"sha256":');

    await expect(pullWeights(choice, trusting)).rejects.toThrow(`${pin}, which holds the hash`);
  });

  it('refuses another hash where one is published', async () => {
    const { choice, options } = await setUp();

    await expect(pullWeights(choice, { ...options, consent: { sha256: 'f'.repeat(64) } })).rejects.toThrow(
      `tiny (fp32) is known by the sha-256 ${sha256}, and not by fff`,
    );
  });
});

describe('a file whose licence needs an agreement', () => {
  const licence = { name: 'NC', terms: 'Not for trade.', commercial: 'agreement' as const };

  it('is not fetched; the error shows the licence', async () => {
    const { server, choice, options } = await setUp({ licence });

    await expect(pullWeights(choice, options)).rejects.toThrow(
      'tiny (fp32) has the licence NC: Not for trade. To accept it, add --accept-licence.',
    );
    expect(server.asked).toEqual([]);
  });

  it('is fetched when the licence is accepted', async () => {
    const { choice, options } = await setUp({ licence });

    await expect(
      pullWeights(choice, { ...options, consent: { acceptLicence: true } }),
    ).resolves.toBeDefined();
  });
});

describe('a mirror', () => {
  it('is asked for the file by its hash, instead of the published URLs', async () => {
    const { server, choice, options } = await setUp();
    const mirror = await startFileServer(content);
    mirror.paths.add(`/models/sha256/${sha256}.onnx`);

    await pullWeights(choice, { ...options, mirror: `${mirror.base}/models/` });

    expect(mirror.asked.map(({ url }) => url)).toEqual([`/models/sha256/${sha256}.onnx`]);
    expect(server.asked).toEqual([]);
  });

  it('is asked for the published path below the name of the host, too', async () => {
    const { server, options } = await setUp();
    server.paths.add('/example.com/release/v1/tiny.onnx');
    const choice = choiceFrom('https://example.com/release/v1/tiny.onnx');

    await pullWeights(choice, { ...options, mirror: server.base });

    expect(server.asked.map(({ status }) => status)).toEqual([404, 200]);
  });
});
