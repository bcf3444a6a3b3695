import { computed, effect, signal } from '@preact/signals';
import { counts } from './photos.js';
import { keptValue } from './kept-value.js';

/** The time, while something is under way. */
export const nowMs = signal(Date.now());

let ticking: ReturnType<typeof setInterval> | undefined;

export const followTime = (): void => {
  effect(() => {
    const isBusy = counts.value.busy > 0;
    if (isBusy) ticking ??= setInterval(() => (nowMs.value = Date.now()), 500);
    else {
      clearInterval(ticking);
      ticking = undefined;
    }
  });
};

/** Ends of the last minutes, for the time left. */
const ends: number[] = [];
const PACE_OF = 12;

export const noteEnd = (): void => {
  ends.push(Date.now());
  if (ends.length > PACE_OF) ends.shift();
};

/** Seconds until all are done, by the pace of the last ones; undefined while it is unknown. */
export const secondsLeft = computed(() => {
  const { ready, busy } = counts.value;
  const [first = 0] = ends;
  const last = nowMs.value;
  if (ready + busy < 2 || ends.length < 3 || last <= first) return undefined;
  return Math.round(((ready + busy) * (last - first)) / 1000 / ends.length);
});

const speeds = keptValue('clearcut-speeds');
type Speeds = Readonly<Record<string, number>>;

const readSpeeds = (): Speeds => {
  try {
    return JSON.parse(speeds.read() ?? '{}') as Speeds;
  } catch {
    return {};
  }
};

/** Seconds for an image, by model, as this browser saw them. */
export const speedOf = signal<Speeds>(readSpeeds());

export const noteSpeed = (model: string, seconds: number | undefined): void => {
  if (seconds === undefined) return;
  const known = speedOf.peek()[model];
  speedOf.value = { ...speedOf.peek(), [model]: known === undefined ? seconds : known * 0.7 + seconds * 0.3 };
  speeds.write(JSON.stringify(speedOf.peek()));
};
