import { performance } from 'node:perf_hooks';

/** What a person at the terminal sees of a long step. One step at a time. */
export type Progress = {
  readonly start: (label: string, totalBytes: number) => void;
  /** Bytes done so far, not since the last call. */
  readonly update: (bytes: number) => void;
  /** Ends the step, also one that stopped half-way. */
  readonly done: () => void;
  readonly note: (line: string) => void;
};

type Stream = {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly write: (text: string) => unknown;
};

type Step = { readonly label: string; readonly totalBytes: number; readonly startMs: number; bytes: number };

const redrawMs = 100;
const barCells = 24;
const eraseLine = '\r\u001b[2K';

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? (bytes / 1e6).toFixed(2) : (bytes / 1e6).toFixed(0);

const percentOf = ({ bytes, totalBytes }: Step): number => Math.floor((100 * bytes) / totalBytes);

/** Never backwards: a download that starts over repeats what was shown. */
const advanced = ({ bytes, totalBytes }: Step, reported: number): number =>
  Math.min(Math.max(bytes, reported), totalBytes);

const drawBar = (step: Step, nowMs: number, columns: number): string => {
  const percent = percentOf(step);
  const filled = Math.floor((percent * barCells) / 100);
  const bar = '#'.repeat(filled).padEnd(barCells, '.');
  const perSecond = step.bytes / Math.max((nowMs - step.startMs) / 1000, 0.001);
  const amount = `${megabytes(step.bytes)} of ${megabytes(step.totalBytes)} MB`;

  // A line that wraps could not be erased.
  return `${step.label} [${bar}] ${percent} %  ${amount}  ${megabytes(perSecond)} MB/s`.slice(0, columns - 1);
};

const onTerminal = (stream: Stream, now: () => number): Progress => {
  let step: Step | undefined;
  let drawnMs = 0;

  const draw = (): void => {
    if (!step) return;
    drawnMs = now();
    stream.write(eraseLine + drawBar(step, drawnMs, stream.columns || 80));
  };

  return {
    start: (label, totalBytes) => {
      step = { label, totalBytes, startMs: now(), bytes: 0 };
      draw();
    },
    update: (bytes) => {
      if (!step) return;
      step.bytes = advanced(step, bytes);
      if (now() - drawnMs >= redrawMs) draw();
    },
    done: () => {
      if (!step) return;
      draw();
      stream.write('\n');
      step = undefined;
    },
    note: (line) => {
      stream.write(`${step ? eraseLine : ''}${line}\n`);
      draw();
    },
  };
};

const inLog = (stream: Stream, now: () => number): Progress => {
  let step: Step | undefined;
  let quarters = 0;
  const note = (line: string): void => void stream.write(`${line}\n`);

  return {
    start: (label, totalBytes) => {
      step = { label, totalBytes, startMs: now(), bytes: 0 };
      quarters = 0;
      note(`${label}: ${megabytes(totalBytes)} MB`);
    },
    update: (bytes) => {
      if (!step) return;
      step.bytes = advanced(step, bytes);
      const reached = Math.floor(percentOf(step) / 25);
      if (reached > quarters && reached < 4) note(`${step.label}: ${reached * 25} %`);
      quarters = Math.max(quarters, reached);
    },
    done: () => {
      if (!step) return;
      const seconds = ((now() - step.startMs) / 1000).toFixed(1);
      const end = step.bytes === step.totalBytes ? 'done' : `stopped at ${percentOf(step)} %`;
      note(`${step.label}: ${end} after ${seconds} s`);
      step = undefined;
    },
    note,
  };
};

/** A bar that is redrawn in place on a terminal; few quiet lines in a log. */
export const createProgress = (
  stream: Stream = process.stderr,
  now: () => number = () => performance.now(),
): Progress => (stream.isTTY ? onTerminal(stream, now) : inLog(stream, now));
