import type { Sample } from './memory-samples.js';
import { programIds, type ProgramId } from './programs.js';

const WIDTH = 860;
const HEIGHT = 380;
const EDGE = { left: 56, right: 16, top: 36, bottom: 40 };
/** Colours that the colour-blind tell apart (Okabe, Ito), also on a dark page. */
const colours: Readonly<Record<ProgramId, string>> = {
  gateway: '#0072b2',
  worker: '#d55e00',
  'other worker': '#cc9a00',
  dispatcher: '#009e73',
};

/** The next larger of 1, 2 and 5 times a power of ten. */
const niceStep = (rough: number): number => {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
};

const ticks = (most: number): number[] => {
  const step = niceStep(most / 8);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
};

/** Samples of one process each. */
const livesOf = (samples: readonly Sample[]): Sample[][] => {
  const lives = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.program} ${sample.pid}`;
    const life = lives.get(key) ?? [];
    lives.set(key, life);
    life.push(sample);
  }
  return [...lives.values()];
};

/** Draws the memory of each process over time as SVG. The warm-up has a grey ground. */
export const drawMemory = (samples: readonly Sample[], warmUpS: number): string => {
  const mostMinutes = Math.max(1, ...samples.map(({ atS }) => atS / 60));
  const mostMegabytes = 1.1 * Math.max(1, ...samples.map(({ megabytes }) => megabytes));
  const x = (minutes: number) => EDGE.left + (minutes / mostMinutes) * (WIDTH - EDGE.left - EDGE.right);
  const y = (megabytes: number) =>
    HEIGHT - EDGE.bottom - (megabytes / mostMegabytes) * (HEIGHT - EDGE.top - EDGE.bottom);
  const text = (left: number, top: number, what: string | number, more = '') =>
    `<text x="${left.toFixed(0)}" y="${top.toFixed(0)}" ${more}>${what}</text>`;
  const lines = livesOf(samples).map((life) => {
    const points = life.map(({ atS, megabytes }) => `${x(atS / 60).toFixed(1)},${y(megabytes).toFixed(1)}`);
    const colour = colours[life[0]?.program ?? 'gateway'];
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>`;
  });
  const right = WIDTH - EDGE.right;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<rect x="${EDGE.left}" y="${EDGE.top}" width="${(x(Math.min(warmUpS / 60, mostMinutes)) - EDGE.left).toFixed(1)}" height="${HEIGHT - EDGE.top - EDGE.bottom}" fill="#eeeeee"/>`,
    ...ticks(mostMegabytes).flatMap((tick) => [
      `<line x1="${EDGE.left}" x2="${right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#dddddd"/>`,
      text(EDGE.left - 6, y(tick) + 4, tick, 'text-anchor="end"'),
    ]),
    ...ticks(mostMinutes).map((tick) =>
      text(x(tick), HEIGHT - EDGE.bottom + 18, tick, 'text-anchor="middle"'),
    ),
    ...lines,
    ...programIds.map((id, i) =>
      text(EDGE.left + 8 + i * 110, 22, id, `fill="${colours[id]}" font-weight="bold"`),
    ),
    text(right, 22, 'MB of resident memory', 'text-anchor="end"'),
    text(right, HEIGHT - 6, 'minutes', 'text-anchor="end"'),
    '</svg>',
    '',
  ].join('\n');
};
