import type { Progress } from '#weights';

/** The tools of a benchmark. */
export type Bench = {
  /** The arguments after its name on the command line. */
  readonly args: readonly string[];
  readonly progress: Progress;
  readonly print: (line: string) => void;
  /** Abort it to end the benchmark early. */
  readonly stopping: AbortController;
  /** Called after every run, also a failed one, the last first. */
  readonly closers: (() => void | Promise<void>)[];
};

export type Benchmark = {
  /** One line for the list. */
  readonly about: string;
  /** Options for a run of seconds, whose figures mean nothing. */
  readonly smallest: readonly string[];
  readonly run: (bench: Bench) => Promise<void>;
};
