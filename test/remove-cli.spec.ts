import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { onLinux } from '#test/on-linux';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, flat, toJpeg, toPng, toWebp } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';
import { writeModelsFile } from '#test/fleet';
import { announcement, forgetAnnouncement, keepAnnouncement } from '../apps/cli/src/start/announcement.js';
import { lockDataDir } from '../apps/cli/src/start/data-lock.js';

const main = fileURLToPath(new URL('../apps/cli/src/main.js', import.meta.url));

let service: Service;
let pictures: PictureServer;
let models: string;
let modelsFile: string;
/** The folder of the user. */
let home: string;
const homes: string[] = [];
beforeAll(async () => {
  pictures = await startPictureServer(await toPng(disc(30, 20)));
  service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
  await service.worker.start();
  models = await mkdtemp(join(tmpdir(), 'clearcut-models-'));
  modelsFile = await writeModelsFile(models);
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'clearcut-remove-'));
  homes.push(home);
  await mkdir(join(home, 'photos/deep'), { recursive: true });
  await writeFile(join(home, 'photos/a.png'), await toPng(disc(40, 30)));
  await writeFile(join(home, 'photos/b.JPG'), await toJpeg(disc(41, 30)));
  await writeFile(join(home, 'photos/deep/c.webp'), await toWebp(disc(42, 30)));
  await writeFile(join(home, 'photos/notes.txt'), 'no image');
});
afterAll(async () => {
  await service.stop();
  await pictures.stop();
  for (const folder of [...homes, models]) await rm(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number; readonly out: Buffer; readonly err: string };

const begin = (
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
  stdout: number | 'pipe' = 'pipe',
): ChildProcess =>
  spawn(process.execPath, [main, 'cli', 'remove', ...args], {
    env: {
      ...process.env,
      INIT_CWD: home,
      CLEARCUT_URL: service.url,
      CLEARCUT_KEY: service.key,
      MODELS_DIR: models,
      MODELS_FILE: modelsFile,
      INTRA_OP_THREADS: '1',
      OUTBOUND_ALLOW: '127.0.0.1',
      ...more,
    },
    stdio: ['pipe', stdout, 'pipe'],
  });
const endOf = async (child: ChildProcess): Promise<Ended> => {
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [out, err, code] = await Promise.all([
    buffer(child.stdout ?? Readable.from([])),
    text(child.stderr!),
    ended,
  ]);
  return { code, out, err };
};
const remove = (
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  input?: Buffer,
  stdout?: number,
): Promise<Ended> => {
  const child = begin(args, env, stdout);
  child.stdin!.end(input);
  return endOf(child);
};
const addPhotos = async (count: number) => {
  for (let i = 0; i < count; i++)
    await writeFile(join(home, `photos/n${i}.png`), await toPng(disc(60 + i, 40)));
};
const filesIn = async (folder: string) =>
  (await readdir(join(home, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(home, folder).length + 1))
    .sort();
const sizeOf = async (path: string) => {
  const { width, height, channels, format } = await sharp(await readFile(join(home, path))).metadata();
  return [format, width, height, channels];
};
const hashOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(join(home, path)))
    .digest('hex');
const linesOf = (out: Buffer) =>
  out
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const countTasks = () => service.database.task.count({ where: { taskType: 'removeBackground' } });

const modes = [
  ['by a server', []],
  ['in this process', ['--local']],
] as const;

describe.each(modes)('npx clearcut remove %s', (_, mode) => {
  it('does a folder, and keeps its structure', async () => {
    const { code, err } = await remove(['photos', '-o', 'out', ...mode]);
    expect([code, err]).toEqual([0, expect.stringContaining('Removing backgrounds: 3 images')]);
    expect(await filesIn('out')).toEqual(['a.png', 'b.png', 'deep/c.png']);
    expect(await sizeOf('out/deep/c.png')).toEqual(['png', 42, 30, 4]);
  });

  it('names an image that fails at the end, and does the rest', async () => {
    await writeFile(join(home, 'photos/bad.png'), 'no image');
    const args = ['photos', 'none.png', '-o', 'out', '--json', '--concurrency', '2', ...mode];
    const { code, out, err } = await remove(args);
    expect(code).toBe(1);
    expect(await filesIn('out')).toEqual(expect.arrayContaining(['a.png', 'b.png', 'deep/c.png']));
    expect(
      linesOf(out)
        .map(({ input, status, code: problem }) => [input, status, problem])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual([
      ['none.png', 'failed', expect.stringContaining('invalidInput')],
      ['photos/a.png', 'done', undefined],
      ['photos/b.JPG', 'done', undefined],
      ['photos/bad.png', 'failed', 'unsupportedImageFormat'],
      ['photos/deep/c.webp', 'done', undefined],
    ]);
    expect(err).toMatch(
      /photos\/bad\.png: .* \(unsupportedImageFormat\) Convert the image to PNG, JPEG or WEBP\./,
    );
    expect(err).toContain('clearcut: 2 of 5 images failed.');
  });

  it('skips images whose result is there, unless it overwrites', async () => {
    await remove(['photos', '-o', 'out', ...mode]);
    await writeFile(join(home, 'out/a.png'), 'mine');
    const skipped = await remove(['photos', '-o', 'out', '--json', ...mode]);
    expect(linesOf(skipped.out).map(({ status }) => status)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(skipped.code).toBe(0);
    expect((await readFile(join(home, 'out/a.png'))).toString()).toBe('mine');
    await remove(['photos/a.png', '-o', 'out', '--overwrite', ...mode]);
    expect(await sizeOf('out/a.png')).toEqual(['png', 40, 30, 4]);
  });

  it('reads stdin and writes stdout', async () => {
    const { code, out } = await remove(['-', ...mode], {}, await toPng(disc(33, 22)));
    expect(code).toBe(0);
    const { width, height } = await sharp(out).metadata();
    expect([width, height]).toEqual([33, 22]);
  });

  it('takes URLs, globs, settings, refine and name patterns', async () => {
    const words = [
      'photos/*.{png,jpg}',
      pictures.url,
      '-o',
      'out',
      '--name',
      'x/{index}-{name}.{format}.{ext}',
    ];
    const flags = [
      '--output-format',
      'jpg',
      '--rgba',
      '255,0,0,1',
      '--refine-feather',
      '1.5',
      '--output-quality',
      '90',
    ];
    const { code, err } = await remove([...words, ...flags, ...mode]);
    expect([code, err]).toEqual([0, expect.any(String)]);
    const names = await filesIn('out');
    expect(names).toEqual([
      expect.stringMatching(/^x\/1-a\.jpg\.jpg$/),
      'x/2-b.jpg.jpg',
      expect.stringMatching(/^x\/3-.+\.jpg\.jpg$/),
    ]);
    const { data } = await sharp(join(home, 'out', names[0]!))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(data[0]).toBeGreaterThan(200);
    expect(data[1]).toBeLessThan(60);
  });

  it('puts the subject on a canvas whose background is a file', async () => {
    await writeFile(join(home, 'red.png'), await toPng(flat(20, 20, [255, 0, 0])));
    const flags = ['--compose-preset', 'cutout', '--compose-width', '60', '--compose-height', '40'];
    const background = ['--compose-background-image', 'red.png', '--compose-shadow-type', 'contact'];
    const { code, err } = await remove(['photos', '-o', 'out', ...flags, ...background, ...mode]);
    expect([code, err]).toEqual([0, expect.any(String)]);
    for (const name of await filesIn('out')) {
      const { data, info } = await sharp(join(home, 'out', name))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, ...data.subarray(0, 3)]).toEqual([60, 40, 255, 0, 0]);
    }
  });

  it('gives a single file the format of its name', async () => {
    expect((await remove(['photos/a.png', '-o', 'a.webp', ...mode])).code).toBe(0);
    expect((await sizeOf('a.webp'))[0]).toBe('webp');
  });

  it('never overwrites an image, nor one result by another', async () => {
    await writeFile(join(home, 'photos/a.jpg'), await toJpeg(disc(50, 30)));
    const before = await hashOf('photos/a.png');
    expect((await remove(['photos/a.png', 'photos/a.jpg', '-o', 'photos', ...mode])).code).toBe(0);
    expect(await hashOf('photos/a.png')).toBe(before);
    expect((await sizeOf('photos/a-2.png')).slice(1, 3)).toEqual([40, 30]);
    expect((await sizeOf('photos/a-3.png')).slice(1, 3)).toEqual([50, 30]);
  });
  it('ends cleanly by Ctrl-C, and goes on with --resume without doing an image twice', async () => {
    await addPhotos(12);
    const before = await countTasks();
    const child = begin(['photos', '-o', 'out', '--concurrency', '2', ...mode]);
    const ending = endOf(child);
    const results = async () => (await filesIn('.')).filter((name) => /^out\/.*\.png$/.test(name));
    await until('the first results', async () => (await results()).length >= 2);
    child.kill('SIGINT');
    const stopped = await ending;
    expect([stopped.code, stopped.err]).toEqual([
      130,
      expect.stringMatching(/\d+ of 15 done\. The same command with --resume goes on\./),
    ]);
    expect((await filesIn('out')).filter((name) => name.endsWith('.part'))).toEqual([]);

    const resumed = await remove(['photos', '-o', 'out', '--resume', ...mode]);
    expect(resumed.code).toBe(0);
    expect(await filesIn('out')).toHaveLength(15);
    expect((await countTasks()) - before).toBe(mode.length > 0 ? 0 : 15);
  });

  it('ends in peace when its reader leaves amid the work', async () => {
    await addPhotos(12);
    const child = begin(['photos', '-o', 'out', '--concurrency', '2', '--json', ...mode]);
    const ended = once(child, 'close');
    const err = text(child.stderr!);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    expect(await ended).toEqual([0, null]);
    expect(await err).not.toMatch(/clearcut: |terminate/);
  });

  // Only Linux has /dev/full.
  onLinux('fails when the image does not fit on the disk behind stdout', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { code, err } = await remove(
        ['-', ...mode],
        {},
        await readFile(join(home, 'photos/a.png')),
        full,
      );
      expect([code, err]).toEqual([1, expect.stringContaining('clearcut: stdout cannot be written: ENOSPC')]);
    } finally {
      closeSync(full);
    }
  });
});

it('both ways make the same bytes', async () => {
  const args = ['photos', '--alpha-matting', '--alpha-matting-erode-size', '3'];
  await remove([...args, '-o', 'served']);
  await remove([...args, '-o', 'local', '--local']);
  for (const name of await filesIn('served'))
    expect(await hashOf(`local/${name}`)).toBe(await hashOf(`served/${name}`));
});

describe('npx clearcut remove', () => {
  it.each([
    [[], 'Name images, folders or URLs, or - for stdin.'],
    [['photos'], 'Name the folder of the results by -o.'],
    [['photos', '-o', 'photos'], 'The results would be among the images: name another folder by -o.'],
    [['photos', '-o', 'out', '--output-quality', '5'], '--output-quality'],
    [['photos', '-o', 'out', '--refine-levels', '5'], '--refine-levels takes 2 numbers: low,high.'],
    [['photos', '-o', 'out', '--refine-levels', '200,250'], 'Invalid value for --refine-levels'],
    [['photos', '-o', 'out', '--refine-feather', 'much'], "--refine-feather takes a number, not 'much'."],
    [
      ['photos', '-o', 'out', '--name', '{date}'],
      '--name knows {name}, {index}, {format} and {ext}, not {date}.',
    ],
    [['photos', '-o', 'out', '--name', '../{name}'], '--name is the name of a file below the folder of -o.'],
    [['photos', '-o', 'out', '--concurrency', '0'], '--concurrency takes a number from 1 to 64.'],
    [['photos', '-o', 'out', '--colour', 'red'], 'There is no option --colour.'],
  ])('answers %j with its usage', async (args, message) => {
    const { code, err } = await remove(args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    [['--key', 'wrong'], 'Invalid API key. Check the key'],
    [['--server', 'http://127.0.0.1:9'], 'cannot be reached'],
    [['--model', 'acme:9@9'], 'There is no such model.'],
  ])('stops at once when every image would fail: %j', async (args, message) => {
    const before = await countTasks();
    const { code, err } = await remove(['photos', '-o', 'out', '--concurrency', '1', ...args]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
    expect(await countTasks()).toBe(before);
  });

  it('names the ways to give a key to a server that wants one', async () => {
    const { code, err } = await remove(['photos', '-o', 'out'], { CLEARCUT_KEY: '' });
    expect([code, err]).toEqual([1, expect.stringMatching(/ Name it by --key or CLEARCUT_KEY\.\n/)]);
  });

  it('finds the npm start of its folder, and can do with what Runware has', async () => {
    const { DATA_DIR } = service.config;
    await writeFile(join(DATA_DIR, 'api-key'), `${service.key}\n`);
    const lock = await lockDataDir(DATA_DIR, AbortSignal.timeout(60_000));
    keepAnnouncement(DATA_DIR, announcement(service.config, { key: service.key, source: 'file' }));
    try {
      // PORT is that of the shell, where something else may listen.
      const env = { CLEARCUT_URL: '', CLEARCUT_KEY: '', DATA_DIR, PORT: '9' };
      const { code, err } = await remove(['photos', '-o', 'out', '--runware'], env);
      expect([code, err]).toEqual([0, expect.not.stringContaining('base64')]);
      expect(await filesIn('out')).toHaveLength(3);
    } finally {
      forgetAnnouncement(DATA_DIR);
      lock.release();
    }
  });

  it('sends the key nowhere when no npm start runs on its folder, and says what to do', async () => {
    let calls = 0;
    const stranger = createServer((_, response) => {
      calls += 1;
      response.end('{}');
    });
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const data = join(home, 'data');
    await mkdir(data);
    await writeFile(join(data, 'api-key'), `${service.key}\n`);
    const { port } = stranger.address() as AddressInfo;
    const env = { CLEARCUT_URL: '', CLEARCUT_KEY: '', DATA_DIR: data, PORT: `${port}` };
    const { code, err } = await remove(['photos/a.png', '-o', 'a.png'], env);
    stranger.close();
    expect([code, calls]).toEqual([1, 0]);
    expect(err).toContain(`No npm start runs on ${data}: start one, or set its DATA_DIR.`);
    expect(err).toContain('--server or CLEARCUT_URL, or use --local');
  });

  it('refuses with --local what needs a server, and a model that is not installed', async () => {
    const ttl = await remove(['photos', '-o', 'out', '--local', '--ttl', '60']);
    expect([ttl.code, ttl.err]).toEqual([1, expect.stringContaining("'ttl' needs a server")]);
    const model = await remove(['photos', '-o', 'out', '--local', '--model', 'runware:112@5']);
    expect([model.code, model.err]).toEqual([
      1,
      expect.stringContaining('npx clearcut models pull runware:112@5'),
    ]);
  });

  it('does images again with --resume whose results the server keeps no longer', async () => {
    // The manifest stays until every image is done.
    await writeFile(join(home, 'photos/bad.png'), 'no image');
    expect((await remove(['photos', '-o', 'out'])).code).toBe(1);
    await rm(join(home, 'photos/bad.png'));
    for (const name of await filesIn('out')) if (name.endsWith('.png')) await rm(join(home, 'out', name));
    await service.database.image.updateMany({ data: { expiresAt: new Date(0) } });

    const { code, err } = await remove(['photos', '-o', 'out', '--resume']);
    expect([code, err]).toEqual([0, expect.not.stringContaining('failed')]);
    expect(await filesIn('out')).toHaveLength(3);
  });

  it('says once that images wait for a worker, and goes on with one', async () => {
    await service.worker.stop();
    let err = '';
    try {
      const child = begin(['photos', '-o', 'out']);
      child.stdin!.end();
      child.stderr!.on('data', (piece: Buffer) => (err += String(piece)));
      const ended = once(child, 'close');
      await until('the notice', () => err.includes('No worker of the server serves the model now.'));
      await service.worker.start();
      expect(await ended).toEqual([0, null]);
    } finally {
      await service.worker.start();
    }
    expect(err.match(/No worker/g)).toHaveLength(1);
    expect(await filesIn('out')).toHaveLength(3);
  });

  it('goes on when the server is restarted in the middle', async () => {
    await addPhotos(12);
    const before = await countTasks();
    const ending = remove(['photos', '-o', 'out', '--concurrency', '2']);
    await until('a task', async () => (await countTasks()) > before + 1);
    await service.gateway.stop();
    await service.gateway.start();
    const { code } = await ending;
    expect([code, (await filesIn('out')).length]).toEqual([0, 15]);
    expect((await countTasks()) - before).toBe(15);
  });
});
