import { performance } from 'node:perf_hooks';
import { remedyOf } from '#client';
import { createProgress, type Progress, type Unit } from '#weights';
import { print } from '../command.js';
import type { ImageEnd } from './remover.js';

const images: Unit = {
  name: 'images',
  format: (count) => `${count}`,
  formatRate: (perSecond) => perSecond.toFixed(1),
  showsTimeLeft: true,
};

/** Progress on stderr, images for people; on stdout a line of JSON for each image, if asked for. */
export type Report = {
  readonly progress: Progress;
  readonly skipped: (key: string, output: string) => void;
  readonly ended: (end: ImageEnd, output: string | undefined) => void;
  /** Ends the bar, and names what failed. @returns the number of failed images */
  readonly finish: () => number;
  readonly done: () => number;
};

type Failure = { readonly key: string; readonly code: string | undefined; readonly message: string };

const failureOf = (key: string, error: Error): Failure => {
  const { code } = error as { code?: unknown };
  return { key, code: typeof code === 'string' ? code : undefined, message: error.message };
};

const lineOf = ({ key, code, message }: Failure): string => {
  const remedy = code && remedyOf(code);
  return `  ${key}: ${message}${code ? ` (${code})` : ''}${remedy ? ` ${remedy}` : ''}`;
};

export const createReport = (total: number, isJson: boolean): Report => {
  const progress = createProgress(process.stderr, () => performance.now(), images);
  const step = total > 1 ? progress.start('Removing backgrounds', total) : undefined;
  const failures: Failure[] = [];
  let [done, skipped] = [0, 0];

  const tell = (line: object) => {
    step?.update(done + skipped + failures.length);
    if (isJson) print(`${JSON.stringify(line)}\n`);
  };

  return {
    progress,
    done: () => done + skipped,
    skipped: (input, output) => {
      skipped += 1;
      tell({ status: 'skipped', input, output });
    },
    ended: (end, output) => {
      const input = end.image.key;
      if (end.status === 'failed') {
        const failure = failureOf(input, end.error);
        failures.push(failure);
        const { code, message } = failure;
        return tell({ status: 'failed', input, code, message, remedy: code && remedyOf(code) });
      }
      const { warnings, cost, taskUUID, imageUUID, ms } = end;
      done += 1;
      tell({ status: 'done', input, output, taskUUID, imageUUID, cost, warnings, ms: Math.round(ms) });
      for (const { code, message } of warnings) progress.note(`${input}: ${message} (${code})`);
      return undefined;
    },
    finish: () => {
      step?.done();
      if (skipped > 0)
        progress.note(`${skipped} skipped, since their results are there; --overwrite does them again.`);
      for (const failure of failures) progress.note(lineOf(failure));
      return failures.length;
    },
  };
};
