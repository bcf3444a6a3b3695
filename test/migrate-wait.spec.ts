import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createDatabase } from '#test/databases';
import { clearcut } from '#test/cli';
import { until } from '#test/until';

const main = fileURLToPath(new URL('../apps/cli/src/main.js', import.meta.url));

const startWaiting = (DATABASE_URL: string) => {
  const child = spawn(process.execPath, [main, 'cli', 'migrate', '--wait'], {
    env: { ...process.env, DATABASE_URL },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { child, said: () => said, ended };
};

describe('clearcut migrate --wait', () => {
  it('says what it waits for, and ends when another run has migrated', async () => {
    const url = await createDatabase(`wait_${Date.now()}`);
    const { said, ended } = startWaiting(url);
    await until('it to wait', () => said().includes('waits: The database lacks the migration '));
    expect((await clearcut(['migrate'], { DATABASE_URL: url })).code).toBe(0);
    expect(await ended).toBe(0);
  });

  it('waits for a database that is away, and ends on SIGTERM', async () => {
    const { child, said, ended } = startWaiting('postgresql://nobody@127.0.0.1:1/nothing');
    await until('it to wait', () => said().includes('waits: '));
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });
});
