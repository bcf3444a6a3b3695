import { performance } from 'node:perf_hooks';

/** A long step, such as one download. */
export type Step = {
  /** Bytes done so far, not since the last call. */
  readonly update: (bytes: number) => void;
  /** Ends the step, also one that stopped half-way. */
  readonly done: () => void;
};

/** What a person at the terminal sees. Several steps may go on at once. */
export type Progress = {
  readonly start: (label: string, totalBytes: number) => Step;
  readonly note: (line: string) => void;
};

type Stream = {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly write: (text: string) => unknown;
};

type State = { readonly label: string; readonly totalBytes: number; readonly startMs: number; bytes: number };

const redrawMs = 100;
const barCells = 24;
const eraseLine = '\r\u001b[2K';

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? (bytes / 1e6).toFixed(2) : (bytes / 1e6).toFixed(0);

const percentOf = ({ bytes, totalBytes }: Pick<State, 'bytes' | 'totalBytes'>): number =>
  Math.floor((100 * bytes) / totalBytes);

/** Never backwards: a download that starts over repeats what was shown. */
const advanced = ({ bytes, totalBytes }: State, reported: number): number =>
  Math.min(Math.max(bytes, reported), totalBytes);

/** Steps that go on at once share the line. */
const together = (states: readonly State[]): State => ({
  label: states.length === 1 ? (states[0]?.label ?? '') : `${states.length} downloads`,
  totalBytes: states.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
  startMs: Math.min(...states.map(({ startMs }) => startMs)),
  bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
});

const drawBar = (state: State, nowMs: number, columns: number): string => {
  const percent = percentOf(state);
  const filled = Math.floor((percent * barCells) / 100);
  const bar = '#'.repeat(filled).padEnd(barCells, '.');
  const perSecond = state.bytes / Math.max((nowMs - state.startMs) / 1000, 0.001);
  const amount = `${megabytes(state.bytes)} of ${megabytes(state.totalBytes)} MB`;

  // A line that wraps could not be erased.
  return `${state.label} [${bar}] ${percent} %  ${amount}  ${megabytes(perSecond)} MB/s`.slice(
    0,
    columns - 1,
  );
};

const onTerminal = (stream: Stream, now: () => number): Progress => {
  const states = new Set<State>();
  let drawnMs = 0;

  const draw = (): void => {
    if (states.size === 0) return;
    drawnMs = now();
    stream.write(eraseLine + drawBar(together([...states]), drawnMs, stream.columns || 80));
  };

  const start = (label: string, totalBytes: number): Step => {
    const state: State = { label, totalBytes, startMs: now(), bytes: 0 };
    states.add(state);
    draw();
    return {
      update: (bytes) => {
        state.bytes = advanced(state, bytes);
        if (now() - drawnMs >= redrawMs) draw();
      },
      done: () => {
        stream.write(`${eraseLine}${drawBar(state, now(), stream.columns || 80)}\n`);
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

const inLog = (stream: Stream, now: () => number): Progress => {
  const note = (line: string): void => void stream.write(`${line}\n`);

  const start = (label: string, totalBytes: number): Step => {
    const state: State = { label, totalBytes, startMs: now(), bytes: 0 };
    let quarters = 0;
    note(`${label}: ${megabytes(totalBytes)} MB`);
    return {
      update: (bytes) => {
        state.bytes = advanced(state, bytes);
        const reached = Math.floor(percentOf(state) / 25);
        if (reached > quarters && reached < 4) note(`${label}: ${reached * 25} %`);
        quarters = Math.max(quarters, reached);
      },
      done: () => {
        const seconds = ((now() - state.startMs) / 1000).toFixed(1);
        const end = state.bytes === totalBytes ? 'done' : `stopped at ${percentOf(state)} %`;
        note(`${label}: ${end} after ${seconds} s`);
      },
    };
  };

  return { start, note };
};

/** A bar that is redrawn in place on a terminal; few quiet lines in a log. */
export const createProgress = (
  stream: Stream = process.stderr,
  now: () => number = () => performance.now(),
): Progress => (stream.isTTY ? onTerminal(stream, now) : inLog(stream, now));
