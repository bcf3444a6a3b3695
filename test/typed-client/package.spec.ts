import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

const run = promisify(execFile);
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

let folder: string;
let service: Service;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-package-'));
  await run(process.execPath, ['tools/pack-client.mjs', folder]);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  await writeFile(join(folder, 'package.json'), '{"type":"module","private":true}');
  await run(npm, ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
  service = await startService();
  await service.worker.start();
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

const installed = () => join(folder, 'node_modules/@clearcut/client');

describe('the packed client', () => {
  it('brings no other package, and only what it needs', async () => {
    expect(await readdir(join(folder, 'node_modules/@clearcut'))).toEqual(['client']);
    expect((await readdir(installed())).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(JSON.parse(await readFile(join(installed(), 'package.json'), 'utf8'))).toMatchObject({ version });
  });

  it('works in a program of its own, which ends by itself', async () => {
    const script = `
      import { createClient } from '@clearcut/client';
      const client = createClient({ url: process.env.URL, apiKey: process.env.KEY });
      const cutout = await client.removeBackground('photo.png', { onProgress: () => {} });
      await cutout.save('cutout.png');
      console.log(JSON.stringify({ cost: cutout.cost, alpha: (await cutout.alpha()).data.length }));`;
    await writeFile(join(folder, 'photo.png'), await toPng(disc(50, 30)));
    await writeFile(join(folder, 'program.mjs'), script);
    const env = { ...process.env, URL: service.url, KEY: service.key };
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder, env });
    expect(JSON.parse(stdout)).toEqual({ cost: 0.0006, alpha: 1500 });
    expect((await readFile(join(folder, 'cutout.png'))).subarray(1, 4).toString()).toBe('PNG');
  });

  it('gives browsers an entry that reaches no module of Node', async () => {
    const manifest = JSON.parse(await readFile(join(installed(), 'package.json'), 'utf8')) as {
      exports: { '.': { default: { default: string } } };
    };
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const text = await readFile(join(installed(), 'dist', path), 'utf8');
      const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);
      expect(imports.filter((name) => !name.startsWith('./'))).toEqual([]);
      for (const name of imports) await follow(name.slice(2));
    };
    await follow(manifest.exports['.'].default.default.replace('./dist/', ''));
    expect(seen).toContain('client.js');
    expect(seen).not.toContain('files.js');
  });

  const compile = async (name: string, code: string, compilerOptions: object) => {
    const project = join(folder, name);
    await mkdir(project, { recursive: true });
    await writeFile(join(project, 'user.ts'), code);
    const options = { strict: true, noEmit: true, exactOptionalPropertyTypes: true, ...compilerOptions };
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['user.ts'] }),
    );
    const compiler = ['node_modules/typescript/bin/tsc', '-p', project];
    return run(process.execPath, compiler).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
  };
  const usage = `
    import { createClient, TaskError } from '@clearcut/client';
    const client = createClient({ url: 'http://127.0.0.1:3000', apiKey: 'key' });
    const { warnings, cost } = await client.removeBackground(new Blob([]), {
      outputFormat: 'PNG', settings: { rgba: [0, 0, 0, 0] }, refine: { feather: 1.5 },
    });
    const text: string = warnings.map(({ code }) => code).join() + (cost ?? 0).toFixed(4);
    try { await client.follow(text); }
    catch (error) { if (error instanceof TaskError && error.code === 'taskNotFound') throw error; }
    export {};`;
  const nodeTypes = { types: ['node'], typeRoots: [join(process.cwd(), 'node_modules/@types')] };

  it('has types for Node and for browsers, which refuse what the contract refuses', async () => {
    const node = { module: 'nodenext', target: 'es2023', lib: ['es2023'], skipLibCheck: true, ...nodeTypes };
    const browser = { module: 'esnext', moduleResolution: 'bundler', target: 'es2023', types: [] };
    const page = { ...browser, lib: ['es2023', 'dom', 'dom.iterable'] };
    expect(await compile('node', usage, node)).toBe('');
    expect(await compile('browser', usage, page)).toBe('');
    expect(await compile('wrong', usage.replace("'PNG'", "'GIF'"), page)).toContain(
      '\'"GIF"\' is not assignable',
    );
    expect(
      await compile('files', "import { openManifest } from '@clearcut/client'; void openManifest;", page),
    ).toContain('openManifest');
  });
});

it('the types of the client are those of the contract', async () => {
  await run(process.execPath, ['tools/client-types.mjs', '--check']);
});
