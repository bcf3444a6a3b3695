import { describe, expect, it } from '@jest/globals';
import { readdir, readFile, stat } from 'node:fs/promises';
import { Warning } from '#contract';
import { Refine, Settings } from '../libs/contract/src/settings.js';

const page = await readFile('docs/settings.md', 'utf8');

/** The cells of a field's row in the table, without markup. */
const rowOf = (field: string) => {
  const row = page.split('\n').find((line) => line.startsWith(`| [\`${field}\`]`));
  return row?.split('|').map((cell) => cell.trim());
};

describe('docs/settings.md', () => {
  it.each(Object.keys({ ...Settings.shape, ...Refine.shape }))(
    'lists %s and the models that accept it',
    (field) => {
      const [settings, refine] = rowOf(field)?.slice(4, 6) ?? [];
      expect([settings, refine]).toEqual([
        field in Settings.shape ? 'yes' : '',
        field in Refine.shape ? 'yes' : '',
      ]);
    },
  );

  it('explains each setting under an existing heading', () => {
    const anchors = [...page.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-').replaceAll('.', ''),
    );
    expect(headings).toEqual(expect.arrayContaining(anchors));
  });

  it.each(Warning.shape.code.options)('says what to do about the warning %s', (code) => {
    expect(page).toContain(`| \`${code}\` `);
  });

  it('shows every picture that npm run docs:pictures draws, and no other', async () => {
    const shown = [...page.matchAll(/\(pictures\/settings\/([\w-]+)\.jpg\)/g)].map(([, name]) => name);
    const { cases, presetScenes }: { cases: object; presetScenes: object } = await import(
      `${process.cwd()}/tools/pictures/cases.mjs`
    );
    const others = [...Object.keys(presetScenes).map((name) => `preset-${name}`), 'touch-up'];
    expect(shown.filter((name) => !others.includes(name ?? ''))).toEqual(Object.keys(cases));
    expect(shown.filter((name) => others.includes(name ?? ''))).toEqual(others);

    const files = await readdir('docs/pictures/settings');
    expect(new Set(files)).toEqual(new Set(shown.map((name) => `${name}.jpg`)));
    for (const file of files)
      expect((await stat(`docs/pictures/settings/${file}`)).size).toBeLessThan(200_000);
  });
});
