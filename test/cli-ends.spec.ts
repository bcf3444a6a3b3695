import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { onLinux } from '#test/on-linux';
import { until } from '#test/until';

const main = fileURLToPath(new URL('../apps/cli/src/main.js', import.meta.url));

const begin = (args: readonly string[], stdout: number | 'pipe' = 'pipe', node: readonly string[] = []) =>
  spawn(process.execPath, [...node, main, 'cli', ...args], { stdio: ['ignore', stdout, 'pipe'] });
const endOf = async (child: ChildProcess) => {
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const err = await text(child.stderr!);
  return { ended: await ended, err };
};

describe('the command line', () => {
  // Only Linux has /dev/full.
  onLinux('fails where its output cannot be written, such as on a full disk', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { ended, err } = await endOf(begin(['--help'], full));
      expect(ended).toEqual([1, null]);
      expect(err).toMatch(/^clearcut: stdout cannot be written: ENOSPC.*\n$/);
    } finally {
      closeSync(full);
    }
  });

  it('ends without a word when its reader leaves', async () => {
    const child = begin(['--help']);
    child.stdout!.destroy();
    expect(await endOf(child)).toEqual({ ended: [0, null], err: '' });
  });

  it('ends at once by a second Ctrl-C, and not by one that npm repeats', async () => {
    const script = encodeURIComponent(`setInterval(() => undefined, 1000); process.stderr.write('begun\\n')`);
    const child = begin(['--help'], 'pipe', ['--import', `data:text/javascript,${script}`]);
    let err = '';
    child.stderr!.on('data', (piece: Buffer) => (err += String(piece)));
    const ended = once(child, 'close');
    await once(child.stdout!, 'data');
    child.kill('SIGINT');
    child.kill('SIGINT');
    // It comes later than npm repeats a Ctrl-C.
    await until(
      'the hint',
      () => err === 'begun\nEnding after the work in hand. Ctrl-C once more ends at once.\n',
    );
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
  });
});
