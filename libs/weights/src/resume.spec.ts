import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFileServer } from '../test/file-server.js';
import {
  blob,
  choiceFrom,
  content,
  filesIn,
  md5,
  setUp,
  sha256,
  type Scene,
} from '../test/weights-folder.js';
import { pullWeights } from './index.js';
import type { Choice } from './pin.js';

const cut = 3_000_000;

/** Asks for the last quarter, and for what lay in the buffers when the connection broke. */
const forTheRest: unknown = expect.stringMatching(/^bytes=[23]\d{6}-$/);

/** A pull that breaks off after the first part. */
const breakOff = async ({ server, choice, options, modelsDir }: Scene): Promise<void> => {
  server.cuts = [cut];
  await expect(pullWeights(choice, options)).rejects.toThrow(
    /MB of tiny \(fp32\) have come, and the same command goes on from there\.$/,
  );
  expect(await readdir(modelsDir)).toHaveLength(1);
};

describe('a download that breaks off', () => {
  it('continues with the next run', async () => {
    const scene = await setUp();
    await breakOff(scene);

    const { path } = await pullWeights(scene.choice, scene.options);

    expect(content.equals(await readFile(path))).toBe(true);
    expect(await filesIn(scene.modelsDir)).toEqual([blob]);
    const [first, second] = scene.server.asked;
    expect(first).toMatchObject({ range: undefined, status: 200, sent: cut });
    expect(second).toMatchObject({ range: forTheRest, ifRange: '"one"', status: 206 });
    expect(second?.sent).toBeLessThan(content.length / 2);
  });

  it('continues by itself as long as attempts bring bytes', async () => {
    const { server, choice, options } = await setUp();
    server.cuts = [1_000_000, 1_000_000];

    const { path } = await pullWeights(choice, { ...options, delaysMs: [0] });

    expect(content.equals(await readFile(path))).toBe(true);
    expect(server.asked.map(({ status }) => status)).toEqual([200, 206, 206]);
  });

  it('starts over when the file has changed meanwhile', async () => {
    const scene = await setUp({ sha256: undefined, md5 });
    scene.server.content = Buffer.alloc(content.length);
    await breakOff(scene);
    Object.assign(scene.server, { content, etag: '"two"' });

    const { path } = await pullWeights(scene.choice, scene.options);

    expect(content.equals(await readFile(path))).toBe(true);
    expect(scene.server.asked.at(-1)).toMatchObject({ ifRange: '"one"', status: 200, sent: content.length });
  });

  it('compares dates when there is no strong ETag', async () => {
    const scene = await setUp();
    const lastModified = 'Sun, 22 Nov 2026 12:00:00 GMT';
    Object.assign(scene.server, { etag: 'W/"weak"', lastModified });
    await breakOff(scene);

    await pullWeights(scene.choice, scene.options);

    expect(scene.server.asked.at(-1)).toMatchObject({ ifRange: lastModified, status: 206 });
  });

  it('starts over when the server does not support ranges', async () => {
    const scene = await setUp();
    scene.server.knowsRanges = false;
    await breakOff(scene);

    expect(content.equals(await readFile((await pullWeights(scene.choice, scene.options)).path))).toBe(true);
    expect(scene.server.asked.at(-1)).toMatchObject({ range: forTheRest, status: 200 });
  });

  it('starts over when nothing proves that the file is the same', async () => {
    const scene = await setUp({ sha256: undefined });
    scene.server.etag = undefined;
    const trusting = { ...scene, options: { ...scene.options, consent: { trustOnFirstUse: true } } };
    await breakOff(trusting);

    await pullWeights(scene.choice, trusting.options);

    expect(scene.server.asked.at(-1)).toMatchObject({ range: undefined, status: 200 });
  });

  it('starts over when the file has become shorter than the partial one', async () => {
    const scene = await setUp({ bytes: undefined });
    scene.server.etag = undefined;
    scene.server.content = Buffer.alloc(2 * content.length);
    scene.server.cuts = [content.length + cut];
    await expect(pullWeights(scene.choice, scene.options)).rejects.toThrow('goes on from there');
    scene.server.content = content;

    const { path } = await pullWeights(scene.choice, { ...scene.options, delaysMs: [0] });

    expect(content.equals(await readFile(path))).toBe(true);
    expect(scene.server.asked.map(({ status }) => status)).toEqual([200, 416, 200]);
  });

  it('starts over when the server sends a part of another file', async () => {
    const scene = await setUp({ sha256: undefined });
    const options = { ...scene.options, delaysMs: [0], consent: { trustOnFirstUse: true } };
    scene.server.content = Buffer.alloc(content.length);
    await breakOff({ ...scene, options: { ...options, delaysMs: [] } });
    Object.assign(scene.server, { content, etag: '"two"', ignoresIfRange: true });

    const { path } = await pullWeights(scene.choice, options);

    expect(content.equals(await readFile(path))).toBe(true);
    expect(scene.server.asked.map(({ status }) => status)).toEqual([200, 206, 200]);
  });

  it('starts over when the hash shows a mix of two files', async () => {
    const scene = await setUp();
    Object.assign(scene.server, { content: Buffer.alloc(content.length), etag: undefined });
    await breakOff(scene);
    scene.server.content = content;

    const { path } = await pullWeights(scene.choice, scene.options);

    expect(content.equals(await readFile(path))).toBe(true);
    expect(scene.server.asked.map(({ status }) => status)).toEqual([200, 206, 200]);
    expect(scene.progress.lines).toContainEqual(
      expect.stringMatching(/has the sha-256 .* instead of .*; fetching it again\.$/),
    );
  });

  it('keeps the partial file when the server sends a page instead', async () => {
    const scene = await setUp();
    await breakOff(scene);
    Object.assign(scene.server, { content: Buffer.from('Log in, please.'), etag: '"page"' });
    scene.server.knowsRanges = false;
    await expect(pullWeights(scene.choice, scene.options)).rejects.toThrow('has 15 bytes instead of 4000000');
    Object.assign(scene.server, { content, etag: '"one"', knowsRanges: true });

    const { path } = await pullWeights(scene.choice, scene.options);

    expect(content.equals(await readFile(path))).toBe(true);
    expect(scene.server.asked.at(-1)).toMatchObject({ range: forTheRest, status: 206 });
  });

  it('continues after a short body of unknown length', async () => {
    const { server, choice, options } = await setUp();
    server.tellsLength = false;
    server.cuts = [cut];

    const { path } = await pullWeights(choice, { ...options, delaysMs: [0] });

    expect(content.equals(await readFile(path))).toBe(true);
    expect(server.asked.map(({ status }) => status)).toEqual([200, 206]);
  });

  it('refuses a body that is longer than the file when the server tells no length', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    Object.assign(server, { tellsLength: false, content: Buffer.alloc(40_000_000) });

    await expect(pullWeights(choice, options)).rejects.toThrow('has more than 4000000 bytes.');

    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('continues at another place that has the same file', async () => {
    const scene = await setUp();
    const other = await startFileServer(content);
    scene.server.cuts = [cut];
    const choice = choiceFrom('', { sources: [`${scene.server.base}/tiny.onnx`, `${other.base}/tiny.onnx`] });

    await pullWeights(choice, scene.options);

    expect(other.asked).toMatchObject([{ range: forTheRest, ifRange: undefined, status: 206 }]);
  });

  it('asks for the rest after a redirect to another host as well', async () => {
    const scene = await setUp();
    const release = await startFileServer(content);
    release.moved.set('/latest.onnx', `${scene.server.base}/tiny.onnx`);
    const choice = choiceFrom(`${release.base}/latest.onnx`);
    await breakOff({ ...scene, choice });

    await pullWeights(choice, scene.options);

    expect(scene.server.asked.at(-1)).toMatchObject({
      range: forTheRest,
      ifRange: '"one"',
      status: 206,
    });
  });

  it.each([
    ['in a circle', '/tiny.onnx', 'it redirects in a circle'],
    ['to an invalid URL', 'http://[', 'it redirects to an invalid URL'],
  ])('does not try again where it is redirected %s', async (_, target, reason) => {
    const { server, choice, options, progress } = await setUp();
    server.moved.set('/tiny.onnx', target);

    await expect(pullWeights(choice, options)).rejects.toThrow(`/tiny.onnx cannot be read: ${reason}.`);

    expect(progress.lines).toEqual([]);
  });

  it('tries again when the server is busy, with a note', async () => {
    const { server, choice, options, progress } = await setUp();
    server.statuses = [503, 429];

    await pullWeights(choice, { ...options, delaysMs: [0, 0] });

    expect(progress.lines.slice(0, 2)).toEqual([
      `tiny (fp32): ${server.base}/tiny.onnx answers 503; trying again.`,
      `tiny (fp32): ${server.base}/tiny.onnx answers 429; trying again.`,
    ]);
  });

  it('keeps the partial file when the operator stops it', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    const stop = new AbortController();
    const update = (bytes: number) => void (bytes > 0 && stop.abort(new Error('enough')));
    const progress = { start: () => ({ update, done: () => undefined }), note: () => undefined };
    server.cuts = [cut];

    await expect(pullWeights(choice, { ...options, progress, signal: stop.signal })).rejects.toThrow(
      'enough',
    );
    expect(await readdir(modelsDir)).toEqual([`.resume-${sha256}`]);
  });
});

describe('a full disk', () => {
  it('is detected before the first byte', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    const freeBytes = async () => content.length - 1;

    await expect(pullWeights(choice, { ...options, freeBytes })).rejects.toThrow(
      `The folder ${modelsDir} needs 4 MB of free disk space to fetch tiny (fp32), and 3 MB are free`,
    );
    expect(server.asked[0]?.status).toBe(200);
    expect(await readdir(modelsDir)).toEqual([]);
  });
});

/** A process that pulls, and prints when bytes arrive. */
const pullElsewhere = (choice: Choice, modelsDir: string) => {
  const script = `
    import { pullWeights } from ${JSON.stringify(new URL('index.js', import.meta.url).href)};
    const silent = () => undefined;
    const update = (bytes) => bytes > 0 && console.log(bytes);
    const progress = { start: () => ({ update, done: silent }), note: silent };
    await pullWeights(${JSON.stringify(choice)}, { modelsDir: ${JSON.stringify(modelsDir)}, progress });
  `;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

describe('several processes that pull one file', () => {
  it('end with one good file when they pull at once', async () => {
    const { server, choice, modelsDir } = await setUp();
    const bothHalfWay = new EventEmitter();
    server.gate = once(bothHalfWay, 'now');
    const children = [pullElsewhere(choice, modelsDir), pullElsewhere(choice, modelsDir)];
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    const folders = await readdir(modelsDir);
    bothHalfWay.emit('now');

    const codes = await Promise.all(
      children.map(async (child) => (await once(child, 'close'))[0] as unknown),
    );

    expect(folders).toHaveLength(2);
    expect(codes).toEqual([0, 0]);
    expect(await filesIn(modelsDir)).toEqual([blob]);
    expect(content.equals(await readFile(join(modelsDir, blob)))).toBe(true);
  });

  it('continue the download of a killed one', async () => {
    const { server, choice, options, modelsDir } = await setUp();
    server.stallAfter = cut;
    const child = pullElsewhere(choice, modelsDir);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    server.stallAfter = undefined;

    const { path } = await pullWeights(choice, options);

    expect(content.equals(await readFile(path))).toBe(true);
    expect(server.asked.at(-1)).toMatchObject({ range: expect.stringMatching(/^bytes=[1-9]/), status: 206 });
    expect(await filesIn(modelsDir)).toEqual([blob]);
  });
});
