import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { clearcut } from '#test/cli';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

describe('clearcut i and p, with the flags of rembg', () => {
  let service: Service;
  let folder: string;
  let photo: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-i-'));
    photo = await toPng(disc(60, 40));
    await mkdir(join(folder, 'in'));
    for (const name of ['a.png', 'b.png']) await writeFile(join(folder, 'in', name), photo);
    service = await startService();
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]) =>
    clearcut(args, { INIT_CWD: folder, CLEARCUT_URL: service.url, CLEARCUT_KEY: service.key });
  const cutoutBy = async (more: Record<string, unknown>) => {
    const { data } = await service.post([removal(photo.toString('base64'), more)]);
    return Buffer.from(await (await fetch(`${data[0]?.imageURL}`)).arrayBuffer());
  };
  const written = (name: string) => readFile(join(folder, name));

  it('i writes one cutout over an older file', async () => {
    await writeFile(join(folder, 'out.png'), 'old');
    const { code, err } = await run('i', 'in/a.png', 'out.png');
    expect([code, err]).toEqual([0, expect.any(String)]);
    expect((await written('out.png')).equals(await cutoutBy({}))).toBe(true);
  });

  it('i writes to stdout without an output', async () => {
    const { code, out } = await run('i', 'in/a.png');
    expect([code, out.slice(1, 4)]).toEqual([0, 'PNG']);
  });

  it('i takes the flags of rembg', async () => {
    const flags = ['-m', 'rembg-v1-4', '-a', '-af', '200', '-ab', '20', '-ae', '3', '-dc', '-ppm'];
    expect((await run('i', ...flags, 'in/a.png', 'matted.png')).code).toBe(0);
    const refine = {
      alphaMatting: true,
      alphaMattingForegroundThreshold: 200,
      alphaMattingBackgroundThreshold: 20,
      alphaMattingErodeSize: 3,
      decontaminate: true,
    };
    const expected = await cutoutBy({ refine, settings: { postProcessMask: true } });
    expect((await written('matted.png')).equals(expected)).toBe(true);
    expect((await run('i', '-bgc', '255', '0', '0', '255', 'in/a.png', 'red.png')).code).toBe(0);
    const pixels = await sharp(await written('red.png'))
      .ensureAlpha()
      .raw()
      .toBuffer();
    expect([...pixels.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  });

  it('p does a folder', async () => {
    const { code } = await run('p', '-om', 'in', 'masks');
    expect([code, (await readdir(join(folder, 'masks'))).toSorted()]).toEqual([0, ['a.png', 'b.png']]);
    const expected = await cutoutBy({ settings: { returnOnlyMask: true } });
    expect((await written('masks/b.png')).equals(expected)).toBe(true);
  });

  it.each([
    [['i', '-vm', 'in/a.png'], '-vm'],
    [['i', '-q', 'in/a.png'], '-q'],
    [['i', '-bgc', '1', 'in/a.png'], '-bgc'],
    [['i', 'in/a.png', 'out'], '.png'],
    [['p', '-w', 'in', 'masks'], '-w'],
    [['p', 'in'], 'output folder'],
  ])('%j is refused as a wrong command line, which names the fault', async (args, text) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(text)]);
  });
});
