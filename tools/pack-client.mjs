/**
 * Packs libs/client as it is published: compiled files with their types, without a dependency.
 *
 *   node tools/pack-client.mjs <folder>
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { originIn } from './package-origin.mjs';

const [out] = process.argv.slice(2);
if (!out) throw new Error('Name the folder for the package.');

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const staged = mkdtempSync(join(tmpdir(), 'clearcut-pack-'));
try {
  const compiler = ['node_modules/typescript/bin/tsc', '-p', 'libs/client', '--outDir', join(staged, 'dist')];
  execFileSync(process.execPath, compiler, { stdio: 'inherit' });
  const { version } = readJson('package.json');
  const manifest = { ...readJson('libs/client/package.json'), version, ...originIn(process.env) };
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  copyFileSync('libs/client/README.md', join(staged, 'README.md'));
  copyFileSync('LICENSE', join(staged, 'LICENSE'));
  mkdirSync(out, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const packed = execFileSync(npm, ['pack', '--silent', '--pack-destination', resolve(out)], {
    cwd: staged,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  process.stdout.write(`${join(resolve(out), packed.trim())}\n`);
} finally {
  rmSync(staged, { recursive: true, force: true });
}
