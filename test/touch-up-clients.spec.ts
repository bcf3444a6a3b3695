import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, openManifest, type Client } from '#client';
import { writeModelsFile } from '#test/fleet';
import { clearcut } from '#test/cli';
import { startService, type Service } from '#test/service';
import { alphaOf, errorOf, hintOf, photoOf, scenes, type TouchUpScene } from '#test/touch-up-scenes';

const [hole] = scenes as [TouchUpScene];

let service: Service;
let client: Client;
let folder: string;
let models: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  service = await startService();
  await service.worker.start();
  client = createClient({ url: service.url, apiKey: service.key });
  folder = await mkdtemp(join(tmpdir(), 'clearcut-touch-up-'));
  models = await mkdtemp(join(tmpdir(), 'clearcut-models-'));
  await writeFile(at('photo.png'), await photoOf(hole));
  await writeFile(at('hint.png'), await hintOf(hole.strokes));
});
afterAll(async () => {
  client.close();
  await service.stop();
  for (const each of [folder, models]) await rm(each, { recursive: true, force: true });
});

const errorAt = async (name: string) => errorOf(hole, await alphaOf(await readFile(at(name))));

describe('the client', () => {
  it('uploads strokes, and names a former result', async () => {
    const first = await client.removeBackground(at('photo.png'));
    const hint = new Blob([new Uint8Array(await hintOf(hole.strokes))]);
    const refine = { base: first.imageUUID, hint, hintRadius: hole.radius };
    const touched = await client.removeBackground(first.inputImageUUID!, { refine });
    expect(errorOf(hole, await alphaOf(Buffer.from(await first.bytes())))).toBeGreaterThan(25);
    expect(errorOf(hole, await alphaOf(Buffer.from(await touched.bytes())))).toBeLessThan(3);
    expect(touched.cost).toBe(0.0001);
  });

  it('applies the same strokes to many photos, and knows them again', async () => {
    const refine = { hint: at('hint.png'), hintRadius: hole.radius };
    const images = ['a', 'b', 'c'].map((key) => ({ key, image: at('photo.png') }));
    const manifest = await openManifest(at('manifest.jsonl'));
    const statuses = async (more = {}) => {
      const found: string[] = [];
      for await (const end of client.removeBackgrounds(images, {
        refine: { ...refine, ...more },
        manifest,
      })) {
        found.push(end.status);
        if (end.status === 'done')
          expect(errorOf(hole, await alphaOf(Buffer.from(await end.cutout.bytes())))).toBeLessThan(3);
      }
      return found;
    };
    expect(await statuses()).toEqual(['done', 'done', 'done']);
    expect(await statuses()).toEqual(['skipped', 'skipped', 'skipped']);
    await writeFile(at('other.png'), await hintOf(hole.strokes, 2));
    expect(await statuses({ hint: at('other.png') })).toEqual(['done', 'done', 'done']);
  });

  it('names the parameter when strokes cannot be read', async () => {
    const refine = { hint: new Blob(['no picture']) };
    await expect(client.removeBackground(at('photo.png'), { refine })).rejects.toMatchObject({
      code: 'unsupportedImageFormat',
    });
  });
});

const modes = [
  ['by a server', []],
  ['in this process', ['--local']],
] as const;

describe.each(modes)('npx clearcut remove %s', (_, mode) => {
  const remove = async (...args: string[]) =>
    clearcut(['remove', 'photo.png', '--overwrite', ...args, ...mode], {
      INIT_CWD: folder,
      CLEARCUT_URL: service.url,
      CLEARCUT_KEY: service.key,
      MODELS_DIR: models,
      MODELS_FILE: await writeModelsFile(models),
      INTRA_OP_THREADS: '1',
    });

  it('takes strokes from a file, and a former result as base', async () => {
    const strokes = ['--hint', 'hint.png', '--hint-radius', `${hole.radius}`];
    expect(await remove('-o', 'plain.png')).toMatchObject({ code: 0 });
    expect(await remove('-o', 'touched.png', '--base', 'plain.png', ...strokes)).toMatchObject({ code: 0 });
    expect(await errorAt('plain.png')).toBeGreaterThan(25);
    expect(await errorAt('touched.png')).toBeLessThan(3);
  });

  it('says which file cannot be read', async () => {
    const { code, err } = await remove('-o', 'none.png', '--hint', 'missing.png');
    expect([code, err]).toEqual([1, expect.stringContaining('missing.png')]);
  });
});
