import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newFolder } from './tiny-package.js';

/** Runs `use` with another script in place of npm, set by the variable that npm itself sets. */
export const withNpm = async <T>(script: string, use: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> => {
  const path = join(await newFolder(), 'npm-cli.js');
  await writeFile(path, script);
  const before = process.env['npm_execpath'];
  process.env['npm_execpath'] = path;
  try {
    return await use({ ...process.env, npm_execpath: path });
  } finally {
    if (before === undefined) delete process.env['npm_execpath'];
    else process.env['npm_execpath'] = before;
  }
};

/** Downloads for ever, and ends with the process that started it. */
export const endlessNpm = `
  const { mkdirSync, writeFileSync } = require('node:fs');
  const cache = process.argv[process.argv.indexOf('--cache') + 1];
  mkdirSync(cache, { recursive: true });
  writeFileSync(cache + '/half', 'half a tarball');
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 20);
`;

export const failingNpm = (code: string, summary: string): string => `
  console.log(${JSON.stringify(JSON.stringify({ error: { code, summary, detail: '' } }))});
  process.exitCode = 1;
`;

/** Receives nothing, and ends with the process that started it. */
export const silentNpm = `
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 20);
`;

/** Fails as `failingNpm` does, and in other words when it is asked to retry. */
export const onceNpm = (code: string, summary: string): string => `
  const isAgain = !process.argv.includes('--fetch-retries=0');
  const summary = isAgain ? 'it was called again' : ${JSON.stringify(summary)};
  console.log(JSON.stringify({ error: { code: ${JSON.stringify(code)}, summary } }));
  process.exitCode = 1;
`;
