import { afterEach, describe, expect, it } from '@jest/globals';
import { fakeProgram, isAlive, obedient, pidsOf, until, type FakeProgram } from '../../test/fake-program.js';
import { keepRunning, type Backoff, type Kept } from './keep-running.js';

const quick: Backoff = { firstMs: 10, mostMs: 25, forgivenAfterMs: 60_000 };
const timeoutMs = 120_000;

let lines: string[] = [];
let kept: Kept | undefined;

const keep = (program: FakeProgram, backoff = quick): Kept => {
  lines = [];
  kept = keepRunning(program, { env: process.env, say: (line) => lines.push(line), backoff });
  return kept;
};

afterEach(() => kept?.stop());

describe('keepRunning', () => {
  it(
    'restarts a killed program, but not after it was stopped',
    async () => {
      const program = fakeProgram(obedient, 'worker');
      await keep(program).ready;
      const [first = 0] = pidsOf(program);
      process.kill(first, 'SIGKILL');
      await until(() => pidsOf(program).length === 2);
      expect(lines).toEqual(['The worker was ended by SIGKILL; it starts again in 0.01 s.']);

      await kept?.stop();
      expect(pidsOf(program)).toHaveLength(2);
      expect(pidsOf(program).some(isAlive)).toBe(false);
      expect(lines).toHaveLength(1);
    },
    timeoutMs,
  );

  it(
    'goes on trying where the system lets it start no process',
    async () => {
      const program = fakeProgram(obedient, 'worker');
      const env: NodeJS.ProcessEnv = { ...process.env };
      lines = [];
      kept = keepRunning(program, { env, say: (line) => lines.push(line), backoff: quick });
      await kept.ready;
      // Node throws for it.
      env['BROKEN'] = 'a zero byte: \0';
      process.kill(pidsOf(program)[0]!, 'SIGKILL');
      await until(() => lines.length >= 3);
      expect(lines[1]).toContain('The worker could not be started: ');
      delete env['BROKEN'];
      await until(() => pidsOf(program).length === 2);
    },
    timeoutMs,
  );

  it(
    'waits longer before each restart, up to a limit, and says why the program ended',
    async () => {
      const program = fakeProgram(
        `await tell({ type: 'ready' }); await tell({ type: 'failed', reason: 'Life ' + life + '.' }); process.exit(1)`,
      );
      await keep(program).ready;
      await until(() => lines.length === 4);
      expect(lines).toEqual([
        'The fake failed: Life 1; it starts again in 0.01 s.',
        'The fake failed: Life 2; it starts again in 0.02 s.',
        'The fake failed: Life 3; it starts again in 0.025 s.',
        'The fake failed: Life 4; it starts again in 0.025 s.',
      ]);
    },
    timeoutMs,
  );

  it(
    'starts with the shortest wait again after a long enough run',
    async () => {
      const program = fakeProgram(`await tell({ type: 'ready' }); process.exit(3)`);
      await keep(program, { ...quick, forgivenAfterMs: 0 }).ready;
      await until(() => lines.length === 3);
      expect(new Set(lines)).toEqual(new Set(['The fake ended with code 3; it starts again in 0.01 s.']));
    },
    timeoutMs,
  );

  it.each([
    [
      'says why',
      `await tell({ type: 'failed', reason: 'No weights.' }); process.exit(1)`,
      'failed: No weights.',
    ],
    ['says nothing', 'process.exit(7)', 'ended with code 7.'],
  ])(
    'gives up when the first start fails and the program %s',
    async (_, script, sentence) => {
      const program = fakeProgram(script);
      await expect(keep(program).ready).rejects.toThrow(`The fake ${sentence}`);
      expect(pidsOf(program)).toHaveLength(1);
    },
    timeoutMs,
  );

  it(
    'can be stopped before the program is ready and during a wait',
    async () => {
      const slow = fakeProgram('stay()');
      await Promise.all([keep(slow).ready, until(() => pidsOf(slow).length === 1).then(() => kept?.stop())]);
      expect(pidsOf(slow).some(isAlive)).toBe(false);

      const waiting = fakeProgram(`await tell({ type: 'ready' }); process.exit(1)`);
      await keep(waiting, { ...quick, firstMs: 3_600_000 }).ready;
      await until(() => lines.length === 1);
      await kept?.stop();
      expect(pidsOf(waiting)).toHaveLength(1);
    },
    timeoutMs,
  );

  it(
    'shields the program from a Ctrl-C at our terminal',
    async () => {
      const program = fakeProgram(`process.on('SIGINT', () => note('interrupted'));${obedient}`);
      await keep(program).ready;
      const [pid = 0] = pidsOf(program);
      // A signal to the process group of the program reaches only that program.
      process.kill(-pid, 'SIGINT');
      await until(() => program.diary().includes('interrupted'));
    },
    timeoutMs,
  );
});
