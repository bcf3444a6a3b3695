import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** A fenced block of a page. */
export type CodeBlock = {
  /** Path of the page in the project. */
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** From `<!-- not run: reason -->` before the block. */
  readonly notRun?: string;
  /** From `<!-- serves -->` before the block: the program runs until the end of the page. */
  readonly serves: boolean;
};

/** Every page whose blocks are tested. */
export const pages: readonly string[] = [
  'README.md',
  'libs/client/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join('docs', name.replaceAll('\\', '/')))
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .toSorted(),
];

const fence = /^( *)```(\w*).*$/;

/** The text of the comment before a line, with blank lines between. */
const commentBefore = (lines: readonly string[], index: number): string => {
  let at = index - 1;
  while (lines[at]?.trim() === '') at--;
  return /^ *<!-- (.*) -->$/.exec(lines[at] ?? '')?.[1] ?? '';
};

export const codeBlocksOf = (page: string): readonly CodeBlock[] => {
  const lines = readFileSync(page, 'utf8').split('\n');
  const blocks: CodeBlock[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [opening, indent = '', language = ''] = fence.exec(lines[i] ?? '') ?? [];
    if (opening === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, i + 1);
    if (end < 0) throw new Error(`${page}:${i + 1} opens a block that nothing closes`);
    const comment = commentBefore(lines, i);
    const [, notRun] = /^not run: (.+)$/.exec(comment) ?? [];
    const code = lines.slice(i + 1, end).map((line) => line.slice(indent.length));
    blocks.push({
      page,
      line: i + 1,
      language,
      code: `${code.join('\n')}\n`,
      serves: comment === 'serves',
      ...(notRun && { notRun }),
    });
    i = end;
  }
  return blocks;
};
