import type { Progress } from '#client/browser';
import type { Stroke } from './strokes.js';

/** What a person sees of one photo. The stages between `sending` and `done` are the server's. */
export type Stage = 'ready' | Progress['stage'] | 'done' | 'failed';

/** Why a photo failed, and what to do. */
export type Fault = {
  readonly code: string;
  readonly message: string;
  readonly documentation?: string | undefined;
};

/** A cutout as the server keeps it. */
export type Result = {
  readonly taskUUID: string;
  readonly imageURL: string | undefined;
  readonly cost: number | undefined;
  readonly warnings: readonly string[];
  readonly seconds: number;
  /** The options that made it, as JSON. */
  readonly options: string;
  /** Those of the result that it touched up. */
  readonly plainOptions?: string | undefined;
  readonly extension: 'png' | 'jpg' | 'webp';
};

/** A task as it was sent, with its options as JSON. */
export type Sent = Pick<Result, 'taskUUID' | 'options' | 'plainOptions'>;

/** The strokes on one photo. */
export type Painted = {
  readonly strokes: readonly Stroke[];
  /** Those that the service has. */
  readonly applied: readonly Stroke[];
  /** The options of the result that they are on. */
  readonly options: string | undefined;
};

/** What is kept of a photo while its tab is closed. Its file lies beside it. */
export type Photo = {
  readonly id: string;
  /** With the folders it came in. */
  readonly name: string;
  readonly bytes: number;
  readonly stage: Stage;
  readonly uploadUUID: string;
  /** Of the original, once the server has it. Tasks name it, so that it is sent once. */
  readonly imageUUID?: string | undefined;
  /** The task on its way and its options, which a reloaded page takes up. */
  readonly task?: Sent | undefined;
  readonly queuePosition?: number | undefined;
  /** No worker serves its model just now. */
  readonly waitsForWorker?: true | undefined;
  /** By `Date.now()`. */
  readonly startedMs?: number | undefined;
  readonly result?: Result | undefined;
  readonly fault?: Fault | undefined;
  readonly painted?: Painted | undefined;
};

const settled: ReadonlySet<Stage> = new Set(['ready', 'done', 'failed']);

export const isBusy = ({ stage }: Pick<Photo, 'stage'>): boolean => !settled.has(stage);
