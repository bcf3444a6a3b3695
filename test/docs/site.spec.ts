import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pages } from './code-blocks.js';

const folder = 'docs/.vitepress/dist';
const NOT_INSTALLED = 3;

type Built = { readonly code: number; readonly output: string };
const built = await new Promise<Built>((resolve) => {
  execFile(process.execPath, ['tools/docs-site.mjs'], (error, out, err) =>
    resolve({ code: error ? Number(error.code) : 0, output: out + err }),
  );
});

const isAbsent = built.code === NOT_INSTALLED && !process.env['CI'];
if (isAbsent)
  process.stderr.write('\n*** The site of docs/ is NOT built: npm cannot install VitePress ***\n');

(isAbsent ? describe.skip : describe)('the site of docs/', () => {
  it('is built without a dead link', () => {
    expect(built).toMatchObject({ code: 0 });
  });

  it('has every page, and a search of its own', async () => {
    const files = await readdir(folder, { recursive: true });
    const wanted = pages
      .filter((page) => page.startsWith('docs/'))
      .map((page) => page.slice(5).replace(/md$/, 'html'));
    expect(files).toEqual(expect.arrayContaining(wanted));
    expect(files.filter((name) => name.includes('localSearchIndex'))).not.toEqual([]);
  });

  it('loads nothing from other hosts, and no fonts', async () => {
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((name) => /\.(woff2?|ttf|otf)$/.test(name))).toEqual([]);
    for (const name of files.filter((each) => /\.(html|css)$/.test(each))) {
      const text = await readFile(join(folder, name), 'utf8');
      const loaded = [
        ...text.matchAll(
          /<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:[^"]*)"|url\((https?:[^)]*)\)/g,
        ),
      ];
      expect({ name, loaded: loaded.map(([match]) => match) }).toEqual({ name, loaded: [] });
    }
  });
});
