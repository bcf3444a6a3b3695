import { afterEach, expect, it } from '@jest/globals';
import type { TaskRow } from '#database';
import { until } from '#test/until';
import { createWaitingRoom, type WaitingRoom } from './waiting-room.js';

const LONG = 60_000;
let room: WaitingRoom | undefined;
afterEach(() => room?.close());

const ended = (id: string) => ({ id, state: 'succeeded' }) as TaskRow;

/** A room over a list of ended tasks that a test fills, and the questions that were asked of it. */
const open = (lookEveryMs = LONG) => {
  const done: TaskRow[] = [];
  const asked: string[][] = [];
  const errors: unknown[] = [];
  room = createWaitingRoom({
    findEnded: async (taskIds) => {
      asked.push([...taskIds]);
      return done.filter(({ id }) => taskIds.includes(id));
    },
    onError: (error) => errors.push(error),
    lookEveryMs,
  });
  return { room, done, asked, errors };
};

it('answers all who wait for a task when its end is announced, and nobody else', async () => {
  const { room, done } = open();
  const two = [room.wait('a', LONG), room.wait('a', LONG)];
  const other = room.wait('b', 50);
  done.push(ended('a'));
  room.announce('a');
  expect(await Promise.all(two)).toEqual([ended('a'), ended('a')]);
  expect(await other).toBe('timeout');
});

it('does not take an announcement for the end', async () => {
  const { room, asked } = open();
  const waiting = room.wait('a', 50);
  room.announce('a');
  expect(await waiting).toBe('timeout');
  expect(asked).toEqual([['a']]);
});

it('finds an end that nobody announced', async () => {
  const { room, done } = open(10);
  const waiting = room.wait('a', LONG);
  done.push(ended('a'));
  expect(await waiting).toEqual(ended('a'));
});

it('asks once for ends that are announced together, and not for those that nobody waits for', async () => {
  const { room, done, asked } = open();
  const waiting = [room.wait('a', LONG), room.wait('b', LONG)];
  done.push(ended('a'), ended('b'));
  for (const id of ['a', 'b', 'stranger', 'a']) room.announce(id);
  await Promise.all(waiting);
  expect(asked).toEqual([['a', 'b']]);
});

it('goes on waiting when it cannot look, and looks again', async () => {
  const errors: unknown[] = [];
  let answers = 0;
  room = createWaitingRoom({
    findEnded: async () => {
      if (answers++ === 0) throw new Error('the database is away');
      return [ended('a')];
    },
    onError: (error) => errors.push(error),
    lookEveryMs: 10,
  });
  expect(await room.wait('a', LONG)).toEqual(ended('a'));
  expect(errors).toEqual([new Error('the database is away')]);
});

it('sends everybody away when it closes, and who comes later', async () => {
  const { room, asked } = open(10);
  const waiting = [room.wait('a', LONG), room.wait('a', LONG), room.wait('b', LONG)];
  await until('a look', () => asked.length > 0);
  room.close();
  expect(await Promise.all(waiting)).toEqual(['closing', 'closing', 'closing']);
  expect(await room.wait('a', LONG)).toBe('closing');
});
