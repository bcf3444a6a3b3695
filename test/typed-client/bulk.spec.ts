import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createClient,
  openManifest,
  type BulkEnd,
  type BulkInput,
  type BulkOptions,
  type ManifestEntry,
} from '#client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

let service: Service;
let folder: string;
const paths: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-bulk-'));
  for (let i = 0; i < 5; i++) {
    const path = join(folder, `${i}.png`);
    await writeFile(path, await toPng(disc(40 + i, 40)));
    paths.push(path);
  }
  await writeFile(join(folder, 'bad.png'), 'no image');
  service = await startService();
  await service.worker.start();
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The service of these tests has all that a client may use. */
const refuse = (notice: string) => {
  throw new Error(notice);
};

const removeAll = async (
  images: Iterable<BulkInput> | AsyncIterable<BulkInput>,
  options: BulkOptions = {},
) => {
  const client = createClient({ url: service.url, apiKey: service.key, wait: 'sync', onNotice: refuse });
  const ends: BulkEnd[] = [];
  for await (const end of client.removeBackgrounds(images, options)) ends.push(end);
  return ends.toSorted((a, b) => (a.key < b.key ? -1 : 1));
};
const statusesOf = (ends: readonly BulkEnd[]) => ends.map(({ status }) => status);
const countTasks = () => service.database.task.count({ where: { taskType: 'removeBackground' } });

describe('removeBackgrounds', () => {
  it('ends each image on its own, also a broken or missing one', async () => {
    async function* images() {
      yield* paths;
      yield join(folder, 'bad.png');
      yield { key: 'missing', image: join(folder, 'none.png') };
    }
    const ends = await removeAll(images(), { concurrency: 3 });
    expect(ends.map(({ key, status }) => [key, status])).toEqual([
      ...paths.map((path) => [path, 'done']),
      [join(folder, 'bad.png'), 'failed'],
      ['missing', 'failed'],
    ]);
    expect(ends.filter((end) => end.status === 'failed').map(({ error }) => error)).toMatchObject([
      { code: 'unsupportedImageFormat' },
      { code: 'invalidInput', message: expect.stringContaining('there is no such file') },
    ]);
  });

  it('never has more in hand than concurrency says', async () => {
    let [now, most] = [0, 0];
    const save = async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now -= 1;
    };
    let [taken, ended] = [0, 0];
    function* counted() {
      for (const path of [...paths, ...paths]) {
        taken += 1;
        expect(taken - ended).toBeLessThanOrEqual(2 + 1);
        yield path;
      }
    }
    const client = createClient({ url: service.url, apiKey: service.key, wait: 'sync' });
    for await (const end of client.removeBackgrounds(counted(), { concurrency: 2, save })) {
      expect(end.status).toBe('done');
      ended += 1;
    }
    expect([taken, most <= 2]).toEqual([10, true]);
  });

  it('goes on where an aborted run was, and does no image twice', async () => {
    const manifestPath = join(folder, 'manifest.jsonl');
    const stopping = new AbortController();
    const before = await countTasks();
    const client = createClient({ url: service.url, apiKey: service.key, wait: 'sync' });
    const first: BulkEnd[] = [];
    const run = async () => {
      const manifest = await openManifest(manifestPath);
      const options = { concurrency: 2, manifest, signal: stopping.signal };
      for await (const end of client.removeBackgrounds(paths, options)) {
        first.push(end);
        if (first.length === 2) stopping.abort(new Error('stopped by a person'));
      }
    };
    await expect(run()).rejects.toThrow('stopped by a person');
    // As a killed program may leave it.
    await appendFile(manifestPath, '{"key":"half');

    const ends = await removeAll(paths, { manifest: await openManifest(manifestPath) });
    expect(ends.every(({ status }) => status === 'done' || status === 'skipped')).toBe(true);
    expect(statusesOf(ends).filter((status) => status === 'skipped').length).toBeGreaterThanOrEqual(2);
    expect((await countTasks()) - before).toBe(paths.length);
    expect(statusesOf(await removeAll(paths, { manifest: await openManifest(manifestPath) }))).toEqual(
      paths.map(() => 'skipped'),
    );
  });

  it('does an image anew when it or a parameter changed', async () => {
    const manifest = new Map<string, ManifestEntry>();
    const path = join(folder, 'changing.png');
    await writeFile(path, await toPng(disc(30, 30)));
    expect(statusesOf(await removeAll([path], { manifest }))).toEqual(['done']);
    expect(statusesOf(await removeAll([path], { manifest }))).toEqual(['skipped']);
    expect(statusesOf(await removeAll([path], { manifest, outputFormat: 'WEBP' }))).toEqual(['done']);
    await writeFile(path, await toPng(disc(31, 30)));
    expect(statusesOf(await removeAll([path], { manifest, outputFormat: 'WEBP' }))).toEqual(['done']);
  });

  it('tries a failed image again, also one whose result could not be saved', async () => {
    const manifest = new Map<string, ManifestEntry>();
    const save = () => Promise.reject(new Error('the disk is full'));
    const [end] = await removeAll([paths[0]!], { manifest, save });
    expect(end).toMatchObject({ status: 'failed', error: { message: 'the disk is full' } });
    const before = await countTasks();
    expect(statusesOf(await removeAll([paths[0]!], { manifest }))).toEqual(['done']);
    // The server still had the result.
    expect(await countTasks()).toBe(before);
  });

  it('does an image anew that was sent before, once the server has deleted its upload or its result', async () => {
    const [path] = paths;
    const background = await toPng(disc(50, 50));
    const options = { compose: { width: 60, height: 60, background: { image: background } } };
    const manifest = new Map<string, ManifestEntry>();
    const save = () => Promise.reject(new Error('the disk is full'));
    expect(await removeAll([path!], { manifest, save, ...options })).toMatchObject([
      { error: { message: 'the disk is full' } },
    ]);
    const sent = manifest.get(path!);
    await service.database.image.updateMany({ data: { expiresAt: new Date(0) } });
    expect(await removeAll([path!], { manifest, ...options })).toMatchObject([{ status: 'done' }]);
    const done = manifest.get(path!);
    expect([sent?.taskUUID, sent?.uploadUUID]).not.toContain(done?.taskUUID);
    expect(done).toMatchObject({ status: 'done', stamp: sent?.stamp });

    // What is not of an earlier run fails as before.
    const gone = String(done?.imageUUID);
    await service.database.image.updateMany({ data: { expiresAt: new Date(0) } });
    const [end] = await removeAll([gone], { manifest });
    expect(end).toMatchObject({ status: 'failed', error: { code: 'mediaExpired' } });
  });

  it('lets the rest go when its reader leaves', async () => {
    const client = createClient({ url: service.url, apiKey: service.key, wait: 'sync' });
    for await (const { status } of client.removeBackgrounds(paths, { concurrency: 2 })) {
      expect(status).toBe('done');
      break;
    }
  });
});
