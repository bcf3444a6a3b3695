import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pages } from './code-blocks.js';

const all = [...pages, 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];

const withoutCode = (text: string) =>
  text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** As code hosts and VitePress make them: lower case, blanks to hyphens, no other marks. */
const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (page: string): ReadonlySet<string> => {
  const text = readFileSync(page, 'utf8');
  const headings = [...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/^#+ (.+)$/gm)];
  const marks = [...text.matchAll(/ id="([^"]+)"/g)];
  return new Set([...headings.map(([, heading = '']) => slugOf(heading)), ...marks.map(([, id = '']) => id)]);
};

/** Links to files of the project, as [path, anchor]. */
const linksOf = (page: string): readonly (readonly [string, string])[] =>
  [...withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, href = '']) => href)
    .filter((href) => !/^[a-z]+:/.test(href))
    .map((href) => {
      const [path = '', anchor = ''] = href.split('#');
      return [path === '' ? page : posix.join(posix.dirname(page), path), anchor] as const;
    });

const isBroken = ([path, anchor]: readonly [string, string]): boolean =>
  !existsSync(path) || (anchor !== '' && path.endsWith('.md') && !anchorsOf(path).has(anchor));

describe('the links between the pages', () => {
  it.each(all)('lead from %s to files and headings that exist', (page) => {
    expect(linksOf(page).filter(isBroken)).toEqual([]);
  });
});
