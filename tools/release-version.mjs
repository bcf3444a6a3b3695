/**
 * Checks that a tag names the version of every file that has one, and that the changelog tells of it. Prints
 * `version=…`, or with --notes what the changelog says.
 *
 *   node tools/release-version.mjs v0.2.0 [--notes]
 */
import { readFileSync } from 'node:fs';

const [tag = '', flag] = process.argv.slice(2);
const version = tag.replace(/^v/, '');

const read = (name) => readFileSync(name, 'utf8');

/** The versions that a file names. */
const places = {
  'package.json': /^ {2}"version": "(.*)"/gm,
  'package-lock.json': /^ {2}"version": "(.*)"/gm,
  'libs/client/package.json': /^ {2}"version": "(.*)"/gm,
  Dockerfile: /^ARG VERSION=(.*)$/gm,
  'docker-compose.yml': /\$\{CLEARCUT_VERSION:-(.*?)\}/g,
  'k8s/Chart.yaml': /^(?:version|appVersion): (.*)$/gm,
  'k8s/components/release/kustomization.yaml': /newTag: (.*)$/gm,
};

/** Names of Kubernetes' objects should have no dots. */
const dashed = /value: migrate-([\w-]+)/.exec(read('k8s/components/release/kustomization.yaml'))?.[1];

const faults = Object.entries(places).flatMap(([name, pattern]) => {
  const found = [...read(name).matchAll(pattern)].map(([, each]) => each);
  if (found.length === 0) return [`${name} names no version.`];
  return [...new Set(found)].filter((each) => each !== version).map((each) => `${name} names ${each}.`);
});

if (dashed !== version.replaceAll('.', '-'))
  faults.push(`k8s/components/release/kustomization.yaml names migrate-${dashed}.`);

const [, notes] = read('CHANGELOG.md').split(`\n## [${version}]`);
if (notes === undefined) faults.push(`CHANGELOG.md has no section [${version}].`);

if (faults.length > 0) {
  process.stderr.write(`The tag ${tag} does not fit:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  process.exit(1);
}

// The heading's rest is the date.
const body = notes.slice(notes.indexOf('\n')).split('\n## [')[0].trim();
process.stdout.write(flag === '--notes' ? `${body}\n` : `version=${version}\n`);
