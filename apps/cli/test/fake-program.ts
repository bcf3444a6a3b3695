import { afterAll } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '#program';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'clearcut-cli-'));
  folders.push(folder);
  return folder;
};

/** A program that records its starts, and what happens to it, in a diary file. */
export type FakeProgram = Program & { readonly diary: () => string[] };

/** `script` may call note(), tell() and stay(). */
export const fakeProgram = (script: string, name = 'fake'): FakeProgram => {
  const folder = newFolder();
  const path = join(folder, `${name}.mjs`);
  const diary = join(folder, 'diary');
  writeFileSync(diary, '');
  writeFileSync(
    path,
    `import { appendFileSync, readFileSync } from 'node:fs';
    const note = (line) => appendFileSync(${JSON.stringify(diary)}, line + '\\n');
    const life = readFileSync(${JSON.stringify(diary)}, 'utf8').split('born').length;
    const tell = (message) => new Promise((resolve) => process.send(message, resolve));
    const stay = () => setInterval(() => {}, 1000);
    note('born ' + process.pid);
    ${script}`,
  );
  return { name, script: path, diary: () => readFileSync(diary, 'utf8').split('\n').filter(Boolean) };
};

export const obedient = `
  process.on('SIGTERM', () => { note('stopped'); process.exit(0); });
  stay();
  await tell({ type: 'ready' });
`;

export const deaf = `
  process.on('SIGTERM', () => note('heard'));
  stay();
  await tell({ type: 'ready' });
`;

export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(10);
};

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

export const pidsOf = (program: FakeProgram): number[] =>
  program.diary().flatMap((line) => (line.startsWith('born ') ? [Number(line.slice(5))] : []));
