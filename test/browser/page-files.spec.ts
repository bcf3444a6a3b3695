import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { MAX_IMAGE_BYTES, remedyOf } from '#client/browser';
import * as contract from '#contract';
import { de } from '../../apps/playground/src/texts/de.js';
import { en } from '../../apps/playground/src/texts/en.js';
import { remediesDe } from '../../apps/playground/src/texts/remedies-de.js';

const folder = 'dist/page';
const served = ['index.html', ...readdirSync(join(folder, 'assets')).map((name) => join('assets', name))];
// The operator's page is served by the dispatcher.
const files = served.filter((name) => !/\.(gz|br)$/.test(name) && !name.startsWith('assets/operator'));

describe('the built page', () => {
  it('takes at most 150 kB compressed, with the sample', () => {
    const sizes = files.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(150_000);
  });

  it('has no inline script or style in its markup', () => {
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|\son\w+=/);
    expect(html.match(/<script[^>]*>/g)).toEqual([expect.stringContaining('src="./assets/')]);
  });

  it('has its files compressed beside them', () => {
    for (const name of files.filter((each) => /\.(js|css|svg)$/.test(each)))
      expect(served).toEqual(expect.arrayContaining([`${name}.gz`, `${name}.br`]));
  });
});

/** Paths of all texts, so that a missing one is named. */
const keysOf = (texts: object, path = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? keysOf(value as object, `${path}${key}.`)
      : [`${path}${key}`],
  );

describe('the limit of a file', () => {
  it('is that of the service, and what the remedies say', () => {
    expect(MAX_IMAGE_BYTES).toBe(contract.MAX_IMAGE_BYTES);
    const text = `${contract.MAX_IMAGE_BYTES / 1024 / 1024} MB`;
    expect(remedyOf('maxBodySizeExceeded')).toContain(text);
    expect(remediesDe['maxBodySizeExceeded']).toContain(text);
  });
});

describe('the texts of the page', () => {
  it('have the same keys in English and German', () => {
    expect(keysOf(de)).toEqual(keysOf(en));
  });

  it('differ between English and German, except for words that both have', () => {
    const alike = new Set(['themes.auto', 'view.alpha', 'view.zoom', 'seconds', 'settings.licences']);
    const flat = (texts: object) =>
      new Map(
        keysOf(texts).map((key) => [
          key,
          key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], texts),
        ]),
      );
    const german = flat(de);
    const same = [...flat(en)].filter(([key, text]) => typeof text === 'string' && german.get(key) === text);
    expect(same.map(([key]) => key).filter((key) => !alike.has(key))).toEqual([]);
  });

  it('say in German what to do about each error for which English does', () => {
    const codes = [...contract.ProblemCode.options, 'connectionFailed', 'unreadableAnswer', 'timedOut'];
    const inEnglish = codes.filter((code) => remedyOf(code) !== undefined);
    expect(Object.keys(remediesDe).sort()).toEqual(inEnglish.sort());
  });
});
