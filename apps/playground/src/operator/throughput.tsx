import type { Overview } from './api.js';
import { count } from './format.js';

const MINUTES = 30;
const MINUTE_MS = 60_000;
const HEIGHT = 100;
const STEP = 20;
const BAR = 14;

type Minute = { readonly at: number; readonly succeeded: number; readonly failed: number };

/** One entry for each of the last minutes, also for those in which nothing ended. */
const lastMinutes = ({ at, minutes }: Overview): Minute[] => {
  const known = new Map(minutes.map((minute) => [Date.parse(minute.at), minute]));
  const now = Math.floor(Date.parse(at) / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: MINUTES }, (_, i) => {
    const start = now - (MINUTES - 1 - i) * MINUTE_MS;
    return { succeeded: 0, failed: 0, ...known.get(start), at: start };
  });
};

const labelOf = ({ at, succeeded, failed }: Minute): string =>
  `${new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}: ${count(succeeded)} done, ${count(failed)} failed`;

/** What ended within each of the last minutes. */
export const Throughput = ({ overview }: { readonly overview: Overview }) => {
  const minutes = lastMinutes(overview);
  const most = Math.max(1, ...minutes.map(({ succeeded, failed }) => succeeded + failed));
  const total = minutes.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0);
  const height = (value: number) => (value / most) * HEIGHT;
  return (
    <section class="card">
      <div class="row between card-head">
        <h2>Images per minute</h2>
        <span class="quiet small">
          the last {MINUTES} minutes · most: {count(most)}
        </span>
      </div>
      <svg
        class="chart"
        viewBox={`0 0 ${MINUTES * STEP} ${HEIGHT + 2}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${count(total)} images ended in the last ${MINUTES} minutes`}
      >
        {minutes.map((minute, i) => {
          const [done, failed] = [height(minute.succeeded), height(minute.failed)];
          const x = i * STEP + (STEP - BAR) / 2;
          return (
            <g key={minute.at}>
              <title>{labelOf(minute)}</title>
              <rect class="bar-ground" x={x} y={0} width={BAR} height={HEIGHT} />
              <rect class="bar-done" x={x} y={HEIGHT - done} width={BAR} height={done} />
              <rect class="bar-failed" x={x} y={HEIGHT - done - failed} width={BAR} height={failed} />
            </g>
          );
        })}
      </svg>
    </section>
  );
};
