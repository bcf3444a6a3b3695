import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clearcut } from '#test/cli';

const execute = promisify(execFile);

describe('npx clearcut completion', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-completion-'));
    await mkdir(join(folder, 'photos'));
    await writeFile(join(folder, 'photos/dress.jpg'), '');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What is offered behind these words. */
  const offered = async (...words: readonly string[]): Promise<string[]> => {
    const { code, out } = await clearcut(['complete', '--', ...words], { INIT_CWD: folder });
    expect(code).toBe(0);
    return out.split('\n').map((line) => line.split('\t')[0] ?? '');
  };

  it('offers commands, and those behind a word', async () => {
    expect(await offered('')).toEqual(expect.arrayContaining(['remove', 'tasks', 'doctor', 'completion']));
    expect(await offered('do')).toContain('doctor');
    expect(await offered('tasks', '')).toEqual(expect.arrayContaining(['list', 'show', 'cancel']));
    expect(await offered('keys', 'li')).toEqual(expect.arrayContaining(['list', 'limits']));
  });

  it('offers options and their values', async () => {
    expect(await offered('remove', '--out')).toEqual(expect.arrayContaining(['--output', '--output-format']));
    expect(await offered('tasks', 'list', '--')).toEqual(expect.arrayContaining(['--status', '--json']));
    expect(await offered('tasks', 'list', '--status', '')).toEqual(
      expect.arrayContaining(['waiting', 'error']),
    );
    expect(await offered('remove', '--model', '')).toContain('runware:109@1');
    expect(await offered('doctor', '--')).toContain('--json');
  });

  it('offers files where a command takes them', async () => {
    expect(await offered('remove', 'ph')).toContain('photos/');
    expect(await offered('remove', 'photos/')).toContain('photos/dress.jpg');
  });

  it('prints a script that bash can read, and one for other shells', async () => {
    const { out } = await clearcut(['completion', 'bash'], {});
    const script = join(folder, 'completion.bash');
    await writeFile(script, out);
    await execute('bash', ['-n', script]);
    expect((await clearcut(['completion', 'zsh'], {})).out).toContain('#compdef clearcut');
    for (const shell of ['fish', 'powershell'])
      expect((await clearcut(['completion', shell], {})).out).toContain(`${shell} completion for clearcut`);
    expect((await clearcut(['completion', 'cmd'], {})).code).toBe(2);
  });
});
