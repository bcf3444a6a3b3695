/**
 * Builds apps/playground into dist/page, with compressed copies of its files. Does nothing when neither the page, the
 * client nor the packages have changed. Runs in the build of tools/prepare.mjs.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import ts from 'typescript';
import { build } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'apps/playground');
const out = join(root, 'dist/page');
const stamp = join(out, '.built');

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const sources = [
  ...filesBelow(page),
  ...filesBelow(join(root, 'libs/client/src')),
  join(root, 'package-lock.json'),
  join(root, 'tsconfig.json'),
  fileURLToPath(import.meta.url),
];

const idOfSources = () => {
  const hash = createHash('sha256');
  for (const name of sources) hash.update(`\0${name.slice(root.length)}\0`).update(readFileSync(name));
  return hash.digest('hex');
};

/** Vite leaves out the types without looking at them. */
const checkTypes = () => {
  const { config } = ts.readConfigFile(join(page, 'tsconfig.json'), (name) => ts.sys.readFile(name));
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, page);
  const faults = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
  if (faults.length === 0) return;
  const host = { getCurrentDirectory: () => root, getNewLine: () => '\n', getCanonicalFileName: (n) => n };
  process.stderr.write(ts.formatDiagnostics(faults, host));
  process.exit(1);
};

const compress = (name) => {
  const content = readFileSync(name);
  writeFileSync(`${name}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${name}.br`, brotliCompressSync(content));
};

const id = idOfSources();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== id) {
  checkTypes();
  rmSync(out, { recursive: true, force: true });
  await build({ root: page, configFile: join(page, 'vite.config.ts'), logLevel: 'warn' });
  filesBelow(join(out, 'assets'))
    .filter((name) => /\.(js|css|svg)$/.test(name))
    .forEach(compress);
  writeFileSync(stamp, id);
}
