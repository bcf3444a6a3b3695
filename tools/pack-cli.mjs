/**
 * Packs the command line as it is published: compiled files, and the packages that npm installs beside them. Build first.
 *
 *   node tools/pack-cli.mjs <folder>
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { originIn } from './package-origin.mjs';
import { contentsOfCommandLine } from './stage.mjs';

const [out] = process.argv.slice(2);
if (!out) throw new Error('Name the folder for the package.');

/** In place of the bootstrap, which installs and builds a clone. It stands where completion looks for it. */
const bootstrap = `#!/usr/bin/env node
// onnxruntime and other libraries read these from the environment of the process.
Object.assign(process.env, {
  ORT_DISABLE_TELEMETRY: '1',
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  SCARF_ANALYTICS: 'false',
});
process.env.INIT_CWD = process.cwd();
process.argv.splice(2, 0, 'cli');
await import('../dist/apps/cli/src/main.js');
`;

const readme = `# clearcut

The command line of Clearcut, a self-hosted background-removal service.

    npx clearcut remove photos -o cutouts --local     # in this process, without a server
    npx clearcut remove photos -o cutouts --server https://clearcut.example.com --key KEY
    npx clearcut --help
`;

const project = JSON.parse(readFileSync('package.json', 'utf8'));
const staged = mkdtempSync(join(tmpdir(), 'clearcut-pack-'));
try {
  const { files, names } = contentsOfCommandLine();
  for (const file of files) {
    const place = join(staged, 'dist', file);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(join('dist', file), place);
  }
  cpSync('prisma/migrations', join(staged, 'prisma/migrations'), { recursive: true });
  for (const name of ['LICENSE', 'NOTICE']) copyFileSync(name, join(staged, name));
  mkdirSync(join(staged, 'tools'));
  writeFileSync(join(staged, 'tools/clearcut.mjs'), bootstrap);
  chmodSync(join(staged, 'tools/clearcut.mjs'), 0o755);
  writeFileSync(join(staged, 'README.md'), readme);

  const { name, version, description, license, type, engines, bin, imports, dependencies } = project;
  const needed = Object.fromEntries(Object.entries(dependencies).filter(([each]) => names.includes(each)));
  const facts = {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin,
    imports,
    ...originIn(process.env),
  };
  const manifest = { ...facts, files: ['dist', 'prisma', 'tools', 'NOTICE'], dependencies: needed };
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);

  mkdirSync(out, { recursive: true });
  const isWindows = process.platform === 'win32';
  const packed = execFileSync(
    isWindows ? 'npm.cmd' : 'npm',
    ['pack', '--silent', '--pack-destination', resolve(out)],
    { cwd: staged, encoding: 'utf8', shell: isWindows },
  );
  process.stdout.write(`${join(resolve(out), packed.trim())}\n`);
} finally {
  rmSync(staged, { recursive: true, force: true });
}
