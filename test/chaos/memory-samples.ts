import { readFileSync } from 'node:fs';
import { programIds, type ProgramId } from './programs.js';
import type { Stage } from './stage.js';

/** Resident memory of one process. */
export type Sample = {
  readonly atS: number;
  readonly program: ProgramId;
  readonly pid: number;
  readonly megabytes: number;
};

const EVERY_MS = 5_000;

/** Undefined once the process has ended. */
const residentMegabytes = (pid: number): number | undefined => {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Samples the memory of all programs until its result is called. */
export const sampleMemory = ({ programs }: Stage, samples: Sample[]): (() => void) => {
  const startMs = performance.now();
  const timer = setInterval(() => {
    const atS = (performance.now() - startMs) / 1000;
    for (const program of programIds) {
      const pid = programs.pidOf(program);
      const megabytes = pid === undefined ? undefined : residentMegabytes(pid);
      if (pid !== undefined && megabytes !== undefined) samples.push({ atS, program, pid, megabytes });
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
};

export const toCsv = (samples: readonly Sample[]): string =>
  [
    'seconds,program,pid,megabytes',
    ...samples.map(({ atS, program, pid, megabytes }) =>
      [atS.toFixed(0), program, pid, megabytes.toFixed(1)].join(','),
    ),
    '',
  ].join('\n');

/** How the memory of a process that lived for the whole run changed after the warm-up. */
export type Trend = {
  readonly program: ProgramId;
  readonly meanMegabytes: number;
  readonly megabytesPerHour: number;
  /** Standard deviation from the line, in megabytes. */
  readonly noise: number;
  /** The line rises by at most twice the noise from end to end. */
  readonly isFlat: boolean;
};

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const lifeOf = (samples: readonly Sample[], program: ProgramId): readonly Sample[] => {
  const own = samples.filter((sample) => sample.program === program);
  const pids = new Set(own.map(({ pid }) => pid));
  return pids.size === 1 ? own : [];
};

/** Fits a line by least squares to the samples after the warm-up. Programs that were killed have none. */
export const trendsOf = (samples: readonly Sample[], warmUpS: number): Trend[] =>
  programIds.flatMap((program) => {
    const points = lifeOf(samples, program).filter(({ atS }) => atS >= warmUpS);
    if (points.length < 3) return [];
    const middle = { atS: mean(points.map(({ atS }) => atS)), mb: mean(points.map((p) => p.megabytes)) };
    const slope =
      mean(points.map(({ atS, megabytes }) => (atS - middle.atS) * (megabytes - middle.mb))) /
      mean(points.map(({ atS }) => (atS - middle.atS) ** 2));
    const offLine = points.map((p) => p.megabytes - middle.mb - slope * (p.atS - middle.atS));
    const noise = Math.sqrt(mean(offLine.map((off) => off ** 2)));
    const rise = slope * (points.at(-1)!.atS - points[0]!.atS);
    return [
      {
        program,
        meanMegabytes: middle.mb,
        megabytesPerHour: slope * 3_600,
        noise,
        isFlat: rise <= 2 * noise,
      },
    ];
  });
