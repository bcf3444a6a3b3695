import { performance } from 'node:perf_hooks';

/** A long step, such as one download. */
export type Step = {
  /** All bytes so far, not those since the last call. */
  readonly update: (bytes: number) => void;
  /** Ends the step, complete or not. */
  readonly done: () => void;
};

/** Shows progress on a terminal or in a log. Several steps may run at once. */
export type Progress = {
  /**
   * @param totalBytes absent when unknown
   * @param doneBytes present at the start, as in a resumed download
   */
  readonly start: (label: string, totalBytes: number | undefined, doneBytes?: number) => Step;
  readonly note: (line: string) => void;
};

/** What a step counts. */
export type Unit = {
  readonly name: string;
  readonly format: (count: number) => string;
  readonly formatRate: (perSecond: number) => string;
  /** Says how long the rest takes. A download has no such line, since its speed varies much. */
  readonly showsTimeLeft: boolean;
};

type Stream = {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly write: (text: string) => unknown;
};

type State = {
  readonly label: string;
  readonly totalBytes: number | undefined;
  readonly startBytes: number;
  readonly startMs: number;
  bytes: number;
};

const redrawMs = 100;
const barCells = 24;
const eraseLine = '\r\u001b[2K';

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? (bytes / 1e6).toFixed(2) : (bytes / 1e6).toFixed(0);

const ofBytes: Unit = { name: 'MB', format: megabytes, formatRate: megabytes, showsTimeLeft: false };

/** `undefined` when the total is unknown. */
const percentOf = ({ bytes, totalBytes }: Pick<State, 'bytes' | 'totalBytes'>): number | undefined =>
  totalBytes === undefined ? undefined : Math.floor((100 * bytes) / totalBytes);

/** Never decreases: a download that starts over repeats bytes already shown. */
const advanced = ({ bytes, totalBytes }: State, reported: number): number =>
  Math.min(Math.max(bytes, reported), totalBytes ?? Infinity);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const sumIfAllKnown = (numbers: readonly (number | undefined)[]): number | undefined => {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === numbers.length ? sum(known) : undefined;
};

/** Steps that run at once share the line. */
const together = (states: readonly State[]): State => ({
  label: states.length === 1 ? (states[0]?.label ?? '') : `${states.length} downloads`,
  totalBytes: sumIfAllKnown(states.map(({ totalBytes }) => totalBytes)),
  startBytes: sum(states.map(({ startBytes }) => startBytes)),
  startMs: Math.min(...states.map(({ startMs }) => startMs)),
  bytes: sum(states.map(({ bytes }) => bytes)),
});

/** Such as `  1:07 left`; empty when nothing is known yet. */
const timeLeft = ({ bytes: done, totalBytes = 0 }: State, perSecond: number): string => {
  if (perSecond <= 0 || done >= totalBytes) return '';
  const seconds = Math.ceil((totalBytes - done) / perSecond);
  return `  ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
};

const drawBar = (state: State, nowMs: number, columns: number, unit: Unit): string => {
  const percent = percentOf(state);
  const filled = Math.floor(((percent ?? 0) * barCells) / 100);
  const bar = percent === undefined ? '' : ` [${'#'.repeat(filled).padEnd(barCells, '.')}] ${percent} %`;
  const of = state.totalBytes === undefined ? '' : ` of ${unit.format(state.totalBytes)}`;
  const seconds = Math.max((nowMs - state.startMs) / 1000, 0.001);
  const perSecond = (state.bytes - state.startBytes) / seconds;
  const left = unit.showsTimeLeft ? timeLeft(state, perSecond) : '';
  const count = `${unit.format(state.bytes)}${of} ${unit.name}`;

  // A wrapped line could not be erased.
  return `${state.label}${bar}  ${count}  ${unit.formatRate(perSecond)} ${unit.name}/s${left}`.slice(
    0,
    columns - 1,
  );
};

const begun = (
  label: string,
  totalBytes: number | undefined,
  startBytes: number,
  startMs: number,
): State => ({ label, totalBytes, startBytes, startMs, bytes: startBytes });

const onTerminal = (stream: Stream, now: () => number, unit: Unit): Progress => {
  const states = new Set<State>();
  let drawnMs = 0;

  const draw = (): void => {
    if (states.size === 0) return;
    drawnMs = now();
    stream.write(eraseLine + drawBar(together([...states]), drawnMs, stream.columns || 80, unit));
  };

  const start = (label: string, totalBytes: number | undefined, doneBytes = 0): Step => {
    const state = begun(label, totalBytes, doneBytes, now());
    states.add(state);
    draw();
    return {
      update: (bytes) => {
        state.bytes = advanced(state, bytes);
        if (now() - drawnMs >= redrawMs) draw();
      },
      done: () => {
        stream.write(`${eraseLine}${drawBar(state, now(), stream.columns || 80, unit)}\n`);
        states.delete(state);
        draw();
      },
    };
  };

  return {
    start,
    note: (line) => {
      stream.write(`${states.size > 0 ? eraseLine : ''}${line}\n`);
      draw();
    },
  };
};

const quartersOf = (state: State): number => Math.floor((percentOf(state) ?? 0) / 25);

const endOf = (state: State, unit: Unit): string => {
  const percent = percentOf(state);
  if (percent === undefined) return `${unit.format(state.bytes)} ${unit.name} came`;
  return percent === 100 ? 'done' : `stopped at ${percent} %`;
};

const inLog = (stream: Stream, now: () => number, unit: Unit): Progress => {
  const note = (line: string): void => void stream.write(`${line}\n`);

  const start = (label: string, totalBytes: number | undefined, doneBytes = 0): Step => {
    const state = begun(label, totalBytes, doneBytes, now());
    let quarters = quartersOf(state);
    const size = totalBytes === undefined ? 'size not published' : `${unit.format(totalBytes)} ${unit.name}`;
    note(`${label}: ${size}${doneBytes > 0 ? `, ${unit.format(doneBytes)} ${unit.name} are there` : ''}`);
    return {
      update: (bytes) => {
        state.bytes = advanced(state, bytes);
        const reached = quartersOf(state);
        if (reached > quarters && reached < 4) note(`${label}: ${reached * 25} %`);
        quarters = Math.max(quarters, reached);
      },
      done: () => {
        const seconds = ((now() - state.startMs) / 1000).toFixed(1);
        note(`${label}: ${endOf(state, unit)} after ${seconds} s`);
      },
    };
  };

  return { start, note };
};

/** A bar on a terminal, a few lines in a log. */
export const createProgress = (
  stream: Stream = process.stderr,
  now: () => number = () => performance.now(),
  unit: Unit = ofBytes,
): Progress => (stream.isTTY ? onTerminal(stream, now, unit) : inLog(stream, now, unit));
