import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clearcut } from '#test/cli';
import { writeModelsFile } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

describe('npx clearcut bench', () => {
  let service: Service;
  let folder: string;
  let modelsFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-bench-test-'));
    modelsFile = await writeModelsFile(folder);
    await writeFile(join(folder, 'a.png'), await toPng(disc(40, 30)));
    service = await startService();
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const bench = (...args: readonly string[]) =>
    clearcut(['bench', ...args], {
      INIT_CWD: folder,
      MODELS_DIR: folder,
      MODELS_FILE: modelsFile,
      INTRA_OP_THREADS: '1',
      TMPDIR: folder,
    });

  it('measures this process with a photo of its own, and leaves nothing', async () => {
    const before = await readdir(folder);
    const { code, out, err } = await bench('--count', '3', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { images, imagesPerS, p50Ms, p95Ms } = JSON.parse(out) as Record<string, number>;
    expect(images).toBe(3);
    expect(Number(imagesPerS)).toBeGreaterThan(0);
    expect(Number(p95Ms)).toBeGreaterThanOrEqual(Number(p50Ms));
    expect(await readdir(folder)).toEqual(before);
  });

  it('measures a server with a file, each image as a task of its own', async () => {
    const before = await service.database.task.count({ where: { model: { not: null } } });
    const server = ['--server', service.url, '--key', service.key];
    const { code, out } = await bench('a.png', '--count', '4', ...server);
    expect([code, out.split('\n')[1]?.split(/ +/)[0]]).toEqual([0, '4']);
    expect(await service.database.task.count({ where: { model: { not: null } } })).toBe(before + 5);
  });

  it.each([
    [['--count', '0'], 2, '--count takes a whole number from 1 to 10000.'],
    [['a.png', 'b.png'], 2, 'bench takes one file at most.'],
    [['none.png'], 2, ''],
  ])('answers %j with an exit code', async (args, code, message) => {
    const ended = await bench(...args);
    expect([ended.code > 0, ended.err]).toEqual([true, expect.stringContaining(message)]);
    if (message) expect(ended.code).toBe(code);
  });
});
