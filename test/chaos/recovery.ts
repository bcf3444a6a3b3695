import type { Database } from '#database';

/** The end of a fault, by Postgres' clock. */
export type Moment = { readonly cause: string; readonly atMs: number; readonly wasAlone: boolean };

/** Milliseconds from the end of a fault. Undefined: nothing waited, or nothing came. */
export type Recovery = {
  readonly cause: string;
  /** Nothing else failed shortly before or until all had ended that waited. */
  readonly wasAlone: boolean;
  readonly nextAcceptedMs: number | undefined;
  /** Until the first end of a task that waited. */
  readonly nextEndMs: number | undefined;
  /** Until all had ended that waited. */
  readonly allEndedMs: number | undefined;
};

/** Measures how soon tasks came in and ended after each moment, from their rows. */
export const measureRecoveries = async (
  database: Database,
  moments: readonly Moment[],
): Promise<Recovery[]> => {
  const rows = await database.task.findMany({ select: { createdAt: true, finishedAt: true } });
  const spans = rows.map(
    ({ createdAt, finishedAt }) => [createdAt.getTime(), finishedAt?.getTime() ?? Infinity] as const,
  );
  return moments.map(({ atMs, ...moment }) => {
    const starts = spans.map(([from]) => from).filter((from) => from > atMs);
    const ends = spans.filter(([from, to]) => from <= atMs && to > atMs).map(([, to]) => to);
    const after = (times: readonly number[], choose: (...times: number[]) => number) =>
      times.length > 0 ? choose(...times) - atMs : undefined;
    return {
      ...moment,
      nextAcceptedMs: after(starts, Math.min),
      nextEndMs: after(ends, Math.min),
      allEndedMs: after(ends, Math.max),
    };
  });
};

const isNumber = (value: number | undefined): value is number => value !== undefined;

/** Median, 95 % and most, in seconds. */
const spread = (values: readonly (number | undefined)[]): string => {
  const sorted = values.filter(isNumber).toSorted((a, b) => a - b);
  const at = (part: number) =>
    ((sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN) / 1000).toFixed(1);
  return sorted.length > 0 ? `${at(0.5)}, ${at(0.95)}, ${at(1)}` : '—';
};

/** A table of the recoveries by their cause, for faults that came alone. */
export const tableOf = (recoveries: readonly Recovery[]): string[] => {
  const alone = recoveries.filter(({ wasAlone }) => wasAlone);
  const causes = [...new Set(alone.map(({ cause }) => cause))].sort();
  const row = (name: string, of: readonly Recovery[]) =>
    `| ${[name, of.length, ...(['nextAcceptedMs', 'nextEndMs', 'allEndedMs'] as const).map((key) => spread(of.map((each) => each[key])))].join(' | ')} |`;
  return [
    '| seconds from the end of the fault: p50, p95, most | times | a task accepted | a waiting task ended | all waiting tasks ended |',
    '| --- | --- | --- | --- | --- |',
    ...causes.map((cause) =>
      row(
        cause,
        alone.filter((each) => each.cause === cause),
      ),
    ),
    row('all', alone),
  ];
};
