import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, type BulkOptions, type ManifestEntry } from '#client';
import { startApiProxy, type ApiProxy } from '#test/api-proxy';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { hintOf, photoOf, scenes, type TouchUpScene } from '#test/touch-up-scenes';

const [scene] = scenes as [TouchUpScene];

let service: Service;
let proxy: ApiProxy;
let folder: string;
const at = (name: string) => join(folder, name);
const photos = ['a.png', 'b.png', 'c.png', 'd.png'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-shared-'));
  for (const name of photos) await writeFile(at(name), await photoOf(scene));
  await writeFile(at('hint.png'), await hintOf(scene.strokes));
  await writeFile(at('sky.png'), await toPng(disc(20, 20)));
  service = await startService();
  await service.worker.start();
  proxy = await startApiProxy(service.url);
});
beforeEach(() => {
  proxy.requests.length = 0;
});
afterAll(async () => {
  await proxy.stop();
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The part of a task that names images. */
type Sent = {
  readonly refine: { readonly hint: string };
  readonly compose: { readonly background: { readonly image: string } };
};

const clientOf = () => createClient({ url: proxy.url, apiKey: service.key, wait: 'sync' });
const uploads = () => proxy.requests.filter(({ method }) => method === 'PUT').length;
const countTasks = () => service.database.task.count({ where: { taskType: 'removeBackground' } });
const extras = () => ({
  refine: { hint: at('hint.png'), hintRadius: scene.radius },
  compose: { background: { image: at('sky.png') } },
});

const removeAll = async (options: BulkOptions, images = photos.map(at)) => {
  const ends: string[] = [];
  for await (const end of clientOf().removeBackgrounds(images, { ...extras(), ...options }))
    ends.push(end.status === 'failed' ? end.error.message : end.status);
  return ends;
};

describe('an image for a whole folder', () => {
  it('is uploaded once', async () => {
    expect(await removeAll({ concurrency: 3 })).toEqual(['done', 'done', 'done', 'done']);
    expect(uploads()).toBe(photos.length + 2);
  });

  it('belongs to the same tasks when an interrupted run goes on', async () => {
    const manifest = new Map<string, ManifestEntry>();
    const before = await countTasks();
    const save = () => Promise.reject(new Error('the disk is full'));
    expect(new Set(await removeAll({ manifest, save }))).toEqual(new Set(['the disk is full']));
    expect(await removeAll({ manifest })).toEqual(['done', 'done', 'done', 'done']);
    expect((await countTasks()) - before).toBe(photos.length);
  });

  it('has the same tasks as a manifest of an older version says', async () => {
    const manifest = new Map<string, ManifestEntry>();
    const save = () => Promise.reject(new Error('the disk is full'));
    await removeAll({ manifest, save });
    for (const [key, entry] of manifest) manifest.set(key, { ...entry, commonUUID: undefined });
    expect(await removeAll({ manifest })).toEqual(['done', 'done', 'done', 'done']);
  });

  it('makes the photos be done anew when it changed', async () => {
    const manifest = new Map<string, ManifestEntry>();
    await removeAll({ manifest });
    expect(await removeAll({ manifest })).toEqual(['skipped', 'skipped', 'skipped', 'skipped']);
    await writeFile(at('sky.png'), await toPng(disc(21, 20)));
    expect(await removeAll({ manifest })).toEqual(['done', 'done', 'done', 'done']);
  });

  it.each([
    ['hint', ({ refine }: Sent) => refine.hint],
    ['background', ({ compose }: Sent) => compose.background.image],
  ])('is uploaded again when the server no longer has the %s', async (_, mediaOf) => {
    const deleteOnce = async () => {
      const sent = proxy.requests.filter(({ path }) => path === '/v1').map(({ body }) => JSON.parse(body));
      if (sent.length > 1) return;
      const media = mediaOf((sent as Sent[][])[0]![0]!);
      const { data } = await service.post([
        { taskType: 'mediaStorage', taskUUID: randomUUID(), operation: 'delete', media },
      ]);
      expect(data).toMatchObject([{ mediaUUID: media }]);
    };
    const ends = await removeAll({ concurrency: 1, save: deleteOnce }, photos.slice(0, 3).map(at));
    expect(ends).toEqual(['done', 'done', 'done']);
    expect(uploads()).toBe(3 + 2 + 1);
  });
});

describe('the background of single photos', () => {
  it('is uploaded once, and anew when the file changed', async () => {
    const client = clientOf();
    const { compose } = extras();
    for (const name of ['a.png', 'b.png']) await client.removeBackground(at(name), { compose });
    expect(uploads()).toBe(3);
    await writeFile(at('sky.png'), await toPng(disc(22, 20)));
    await client.removeBackground(at('c.png'), { compose });
    expect(uploads()).toBe(5);
  });
});
