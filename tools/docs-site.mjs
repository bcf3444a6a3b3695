/**
 * Builds docs/ into a site in docs/.vitepress/dist, which any web server can serve. A link to a missing page fails it.
 * REPOSITORY_URL, such as https://git.example.com/clearcut/blob/main, is where links to other files of the project lead.
 *
 *   node tools/docs-site.mjs
 *
 * Exits with 3 when VitePress, which is a package of its own, cannot be installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../docs/', import.meta.url));
const stamp = `${folder}node_modules/.installed`;
const wanted = readFileSync(`${folder}package-lock.json`, 'utf8');
const isInstalled = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

const run = (command, args) =>
  spawnSync(command, args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' }).status;

if (!isInstalled) {
  if (run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
    process.stderr.write('VitePress could not be installed: npm says why above.\n');
    process.exit(3);
  }
  writeFileSync(stamp, wanted);
}
process.exitCode = run(process.execPath, ['node_modules/vitepress/bin/vitepress.js', 'build']) ?? 1;
