import type { Progress } from '#weights';

/** What a benchmark gets of the program that runs it. */
export type Bench = {
  /** What stands behind its name on the command line. */
  readonly args: readonly string[];
  readonly progress: Progress;
  readonly print: (line: string) => void;
  /** Aborted when the benchmark is to end before its time, by whoever notices. */
  readonly stopping: AbortController;
  /** What has to be closed, in the order in which it was opened; done by the program, however the run ends. */
  readonly closers: (() => void | Promise<void>)[];
};

export type Benchmark = {
  /** One line for the list. */
  readonly about: string;
  /** Options with which it ends in seconds; its figures mean nothing then. */
  readonly smallest: readonly string[];
  readonly run: (bench: Bench) => Promise<void>;
};
