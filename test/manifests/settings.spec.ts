import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { environmentNames } from '#test/environment-names';

const page = readFileSync('docs/configuration.md', 'utf8');
const compose = readFileSync('docker-compose.yml', 'utf8');
const example = readFileSync('.env.example', 'utf8');
const k8s = readdirSync('k8s', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(env|yaml)$/.test(name))
  .map((name) => readFileSync(join('k8s', name), 'utf8'))
  .join('\n');

/** What the images themselves set, and what only npm start reads. */
const settledByImages = new Set(['PORT', 'HOST', 'DATA_DIR', 'MODELS_DIR', 'ADMIN_HOST', 'API_KEY']);

const ours = environmentNames.filter((name) => name !== 'ORT_DISABLE_TELEMETRY');
const offered = ours.filter((name) => !settledByImages.has(name));

/** The variables in the first column of the page's tables. */
const documented = (): string[] => {
  return [...page.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = '']) => name),
  );
};

describe('every setting', () => {
  it('is in the tables of docs/configuration.md, which name no other', () => {
    expect(documented().toSorted()).toEqual([...new Set(ours)].toSorted());
  });

  it.each(offered)('%s can be set in Compose, and .env.example lists what comes from .env', (name) => {
    expect(compose).toMatch(new RegExp(`(^|[ {])${name}: `, 'm'));
    if (compose.includes(`\${${name}:`)) expect(example).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
  });

  it.each(offered)('%s can be set in Kubernetes', (name) => {
    expect(k8s).toMatch(
      new RegExp(`^ *((# )?${name}=|- name: ${name}$|literals: \\[${name}=)|^ {2}${name}: `, 'm'),
    );
  });
});
