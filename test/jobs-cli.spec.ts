import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '#client';
import { clearcut as runClearcut } from './support/cli.js';
import { filesBelow, makePlaceFolders, type PlaceFolders } from './support/job-places.js';
import { startPictureServer, type PictureServer } from './support/picture-server.js';
import { disc, toPng } from './support/pictures.js';
import { startService, type Service } from './support/service.js';
import { until } from './support/until.js';
import { filesOfZip } from './support/zip.js';

describe('npx clearcut jobs', () => {
  let service: Service;
  let pictures: PictureServer;
  let folder: string;
  let places: PlaceFolders;
  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(30, 30)));
    places = await makePlaceFolders();
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1', ...places.env } });
    await service.worker.start();
    folder = await mkdtemp(join(tmpdir(), 'clearcut-jobs-'));
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await places.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const jobs = (...args: readonly string[]) =>
    runClearcut(['jobs', ...args], { CLEARCUT_URL: service.url, CLEARCUT_KEY: service.key });

  const manifestOf = async (...lines: readonly string[]) => {
    const path = join(folder, `${randomUUID()}.txt`);
    await writeFile(path, lines.join('\n'));
    return path;
  };

  it('sends a manifest, waits, shows what failed and downloads the ZIP', async () => {
    const id = randomUUID();
    const manifest = await manifestOf(
      '# two that are there, one that is not',
      pictures.url,
      `${pictures.url}\tred shoe.jpg`,
      JSON.stringify({ image: randomUUID(), name: 'lost' }),
    );
    const options = ['--options', '{"outputFormat":"webp"}', '--id', id, '--wait', '--json'];
    const created = await jobs('create', manifest, ...options);
    expect([created.code, created.err]).toEqual([1, '']);
    expect(JSON.parse(created.out)).toMatchObject([{ jobUUID: id, status: 'ended', success: 2, error: 1 }]);
    expect((await jobs('create', manifest, ...options)).out).toBe(created.out);

    const shown = await jobs('show', id);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/IMAGE +NAME +CODE[^]*\n3 +lost +mediaNotFound/);
    expect((await jobs('list')).out).toContain(id);
    expect((await jobs('cancel', id)).out).toMatch(/ended/);

    const zip = join(folder, 'results.zip');
    expect(await jobs('download', id, '-o', zip)).toEqual({ code: 0, out: `${zip}\n`, err: '' });
    const files = filesOfZip(await readFile(zip));
    expect([...files.keys()]).toEqual(['picture.webp', 'red shoe.webp', 'errors.json']);
  });

  it('sends a folder of the server, and writes the results into another one', async () => {
    await places.put({ 'shoes/left/red.png': await toPng(disc(30, 30)), 'hat.png': 'another folder' });
    const folders = ['--source', 'photos/shoes', '--target', 'cutouts/of/shoes'];
    const created = await jobs('create', ...folders, '--wait', '--json');
    expect([created.code, created.err]).toEqual([0, '']);
    expect(JSON.parse(created.out)).toMatchObject([{ status: 'ended', total: 1, success: 1 }]);
    expect(await filesBelow(places.target)).toEqual(['of/shoes/left/red.png']);

    await places.put({ 'gloves/one.png': await toPng(disc(30, 30)), 'gloves/two.png': 'no picture' });
    const mixed = await jobs('create', '--source', 'photos/gloves', '--wait');
    expect(mixed.code).toBe(1);
    expect(mixed.out).toMatch(/\n2 +two +unsupportedImageFormat +\S.*/);
    expect(mixed.out).not.toMatch(/\n\d +one/);

    const nothing = await jobs('create', '--source', 'photos/boots', '--wait');
    expect(nothing.code).toBe(1);
    expect(nothing.out).toContain("'boots' in the place 'photos' does not exist.");
  });

  it('names the lines of the manifest whose images failed', async () => {
    const manifest = await manifestOf('# photos', pictures.url, '', `${randomUUID()}\tlost`);
    const { code, out } = await jobs('create', manifest, '--wait');
    expect(code).toBe(1);
    expect(out).toMatch(/\nLINE +NAME +CODE[^]*\n4 +lost +mediaNotFound/);
    expect(out).not.toContain('images[');
  });

  it('says why a job waits, and that it goes on', async () => {
    await service.worker.stop();
    const { out } = await jobs('create', await manifestOf(pictures.url), '--json');
    const [{ jobUUID }] = JSON.parse(out) as [{ jobUUID: string }];
    const shown = await until('the reason', async () => {
      const { out } = await jobs('show', jobUUID);
      return out.includes('No worker') ? out : undefined;
    });
    expect(shown).toContain(`${jobUUID} waits: No worker serves`);
    expect((await jobs('list')).out).toContain(`${jobUUID} waits: No worker serves`);
    let err = '';
    const args = ['jobs', 'create', await manifestOf(pictures.url), '--wait'];
    const told = runClearcut(args, { CLEARCUT_URL: service.url, CLEARCUT_KEY: service.key }, (soFar) => {
      err = soFar;
    });
    await until('the notice', () => err.includes('No worker serves'));
    await service.worker.start();
    const waited = await told;
    expect(waited.code).toBe(0);
    expect(waited.err).toMatch(/^\S+ waits: No worker serves [^\n]+\n$/);
    expect(waited.out).not.toContain('waits');
    expect((await jobs('show', jobUUID)).out).not.toContain('waits');
  });

  it.each([
    [['create'], 'Name one manifest.'],
    [['create', 'list.txt', '--source', 'photos'], 'Name a manifest or --source, and not both.'],
    [['create', '--source', '/photos'], '--source and --target take PLACE or PLACE/FOLDER.'],
    [['create', 'nothing-here.txt'], 'The manifest nothing-here.txt cannot be read: there is no such file.'],
    [['create', 'package.json', '--options', '['], "--options takes an object in JSON, such as '{"],
    [['create', 'package.json', '--options', '[]'], "--options takes an object in JSON, such as '{"],
    [['create', 'package.json', '--id', 'x'], '--id takes a UUID.'],
    [['show', 'x'], 'Name one job by its jobUUID, as jobs list shows it.'],
  ])('answers %j with its usage', async (args, message) => {
    const { code, err } = await jobs(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('names the lines of images that the server refuses', async () => {
    const manifest = await manifestOf('# photos', pictures.url, '', 'shoe.png', 'ftp://shop.example/hat.png');
    const { code, err } = await jobs('create', manifest);
    expect(code).toBe(1);
    expect(err).toMatch(/^clearcut: Line 4 of the manifest: .*'image'.* Line 5 of the manifest: /);
    expect(err).not.toContain('images[');
  });

  it('says why the ZIP cannot be written', async () => {
    const { jobs: own } = createClient({ url: service.url, apiKey: service.key });
    const { jobUUID } = await own.create({
      options: { model: 'runware:109@1' },
      images: [{ image: pictures.url }],
    });
    const nowhere = join(folder, 'nowhere', 'results.zip');
    expect(await jobs('download', jobUUID, '-o', nowhere)).toEqual({
      code: 1,
      out: '',
      err: `clearcut: ${nowhere} cannot be written: its folder does not exist.\n`,
    });
    expect((await jobs('download', jobUUID, '-o', folder)).err).toBe(
      `clearcut: ${folder} cannot be written: it is a folder.\n`,
    );
  });

  it('says in one sentence that there is no such job', async () => {
    const { code, err } = await jobs('show', randomUUID());
    expect(code).toBe(1);
    expect(err).toContain('There is no job');
  });
});
