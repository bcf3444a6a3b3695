import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import * as tar from 'tar';
import { writeModelsFile } from '#test/fleet';
import { disc, toPng } from '#test/pictures';

const execute = promisify(execFile);
const LONGEST_MS = 300_000;

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin: { readonly clearcut: string };
  readonly dependencies: Readonly<Record<string, string>>;
};

describe('the command line from its packed package', () => {
  let folder: string;
  let manifest: Manifest;
  let bin: string;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'clearcut-packed-')));
    await execute(process.execPath, ['tools/pack-cli.mjs', folder]);
    const file = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
    // As npm installs it, but with packages that are here already: only those that it names.
    const place = join(folder, 'node_modules/clearcut');
    await mkdir(place, { recursive: true });
    await tar.extract({ file: join(folder, file), cwd: place, strip: 1 });
    manifest = JSON.parse(await readFile(join(place, 'package.json'), 'utf8')) as Manifest;
    for (const name of Object.keys(manifest.dependencies)) {
      await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
      await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
    }
    bin = join(place, manifest.bin.clearcut);
  }, LONGEST_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const clearcut = (args: readonly string[], env = {}) =>
    execute(process.execPath, [bin, ...args], { cwd: folder, env: { ...process.env, ...env } });

  it('may be published, with the version and exact dependencies of the project', async () => {
    const project = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
    expect(manifest).toMatchObject({ name: 'clearcut', version: project.version });
    expect(manifest.private).toBeUndefined();
    expect(project.dependencies).toMatchObject(manifest.dependencies);
    // What only servers and the build need stays away.
    for (const name of ['fastify', '@nestjs/core', 'typescript', 'ws'])
      expect(manifest.dependencies).not.toHaveProperty([name]);
  });

  it('prints its help and its version', async () => {
    expect((await clearcut(['--help'])).stdout).toContain('Usage: npx clearcut <command>');
    expect((await clearcut(['--version'])).stdout).toBe(`clearcut ${manifest.version}\n`);
  });

  it.each(['remove', 'models', 'keys', 'tasks', 'webhooks', 'doctor', 'backup', 'completion'])(
    'has the command %s with all that it imports',
    async (name) => {
      expect((await clearcut([name, '--help'])).stdout).toContain(`Usage: npx clearcut ${name}`);
    },
  );

  it(
    'cuts out without a server, from the folder in which it was called',
    async () => {
      await writeFile(join(folder, 'a.png'), await toPng(disc(40, 30)));
      const models = join(folder, 'models');
      await mkdir(models);
      const env = { MODELS_DIR: models, MODELS_FILE: await writeModelsFile(models), INTRA_OP_THREADS: '1' };
      await clearcut(['remove', 'a.png', '-o', 'cut.png', '--local'], env);
      const { width, height, hasAlpha } = await sharp(join(folder, 'cut.png')).metadata();
      expect({ width, height, hasAlpha }).toEqual({ width: 40, height: 30, hasAlpha: true });
    },
    LONGEST_MS,
  );
});
