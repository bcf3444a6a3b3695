/**
 * Writes the third-party software of an image as CycloneDX, or without a name that of the whole product.
 *
 *   node tools/sbom.mjs [gateway | worker | dispatcher | migrate | models] > sbom.json
 */
import { execFileSync } from 'node:child_process';
import { contentsOf, images } from './stage.mjs';

const [image] = process.argv.slice(2);
if (image !== undefined && !Object.hasOwn(images, image))
  throw new Error(`Name one of ${Object.keys(images).join(', ')}, or none.`);

const options = ['--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
const sbom = JSON.parse(
  execFileSync('npm', ['sbom', ...options], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
);

if (image !== undefined) {
  const carried = new Set(contentsOf(image).packages);
  sbom.components = sbom.components.filter((component) => carried.has(component['bom-ref']));
  const known = new Set(sbom.components.map((component) => component['bom-ref']));
  const root = sbom.metadata.component['bom-ref'];
  sbom.metadata.component.name = `clearcut/${image}`;
  sbom.dependencies = sbom.dependencies
    .filter(({ ref }) => known.has(ref) || ref === root)
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => known.has(each)) }));
}
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`);
