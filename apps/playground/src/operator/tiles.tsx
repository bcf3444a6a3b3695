import type { Overview } from './api.js';
import { count, rate, span, spanOrDash } from './format.js';

const sum = <T,>(rows: readonly T[], of: (row: T) => number) => rows.reduce((all, row) => all + of(row), 0);

/** Null when nobody can tell of one queue that has tasks. */
const emptyIn = ({ queues }: Overview): number | null => {
  const busy = queues.filter(({ waiting }) => waiting > 0);
  if (busy.some(({ emptyInS }) => emptyInS === null)) return null;
  return Math.max(0, ...busy.map(({ emptyInS }) => emptyInS ?? 0));
};

export const Tiles = ({ overview }: { readonly overview: Overview }) => {
  const { queues, outcomes, workers } = overview;
  const failed = outcomes.filter(({ state, code }) => state === 'failed' && code !== 'taskCancelled');
  const tiles = [
    ['Now', `${rate(sum(queues, ({ perMinute }) => perMinute))} / min`],
    ['Waiting', count(sum(queues, ({ waiting }) => waiting))],
    ['Longest wait', span(Math.max(0, ...queues.map(({ longestWaitS }) => longestWaitS)))],
    ['Empty in', spanOrDash(emptyIn(overview))],
    ['Failed, 24 h', count(sum(failed, ({ tasks }) => tasks))],
    ['Workers', count(workers.length)],
  ] as const;
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name} class="card tile">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};
