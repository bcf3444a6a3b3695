import { randomUUID } from 'node:crypto';
import type { Attack, Figure, Target } from '../attack.js';
import { during, megabytes } from '../watch.js';

const task = (more: object) => ({ taskType: 'removeBackground', taskUUID: randomUUID(), ...more });

/** Bodies of up to so many bytes that are cheap to send and dear to read. */
const bodies: Readonly<Record<string, (bytes: number) => string>> = {
  blanks: (bytes) => `[${' '.repeat(bytes)}{"taskType":"ping"}]`,
  'unknown names': (bytes) => {
    const names = Array.from({ length: Math.min(1_000_000, bytes / 12) }, (_, i) => `"k${i}":1`);
    return `[{"taskType":"ping",${names.join(',')}}]`;
  },
  'unknown names below the limit': () => {
    const names = Object.fromEntries(Array.from({ length: 980 }, (_, i) => [`name${i}`, 1]));
    return JSON.stringify(Array.from({ length: 100 }, () => task(names)));
  },
  'long uuids': (bytes) =>
    JSON.stringify(Array.from({ length: 96 }, () => task({ taskUUID: 'a'.repeat(bytes / 100) }))),
  'long unknown names': () => {
    const names = Object.fromEntries(Array.from({ length: 950 }, (_, i) => [`${i}`.padEnd(4_090, 'x'), 1]));
    return JSON.stringify([task(names)]);
  },
  'long unknown names in many tasks': () => {
    const names = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}`.padEnd(4_090, 'x'), 1]));
    return JSON.stringify(Array.from({ length: 100 }, () => task(names)));
  },
  'long uuids with many faults': () => {
    const names = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`name${i}`, 1]));
    return JSON.stringify(Array.from({ length: 100 }, () => task({ ...names, taskUUID: 'a'.repeat(4_000) })));
  },
  'long model names': () =>
    JSON.stringify(Array.from({ length: 100 }, () => task({ model: 'm'.repeat(4_000), inputImage: 'A' }))),
  'long task types': () =>
    JSON.stringify(Array.from({ length: 100 }, () => task({ taskType: 'm'.repeat(4_000) }))),
  'a fault behind many lines': () => `[${`1,${'\n'.repeat(60)}`.repeat(65_000)}x]`,
  'a fault behind long strings': () => `[${`"${'\u00e9'.repeat(1_900)}",`.repeat(1_000)}x]`,
  'a fault behind many values': () => `[${'[],'.repeat(99_000)}x]`,
  'a forbidden name behind many values': () => `[${'{"a":1},'.repeat(49_000)}{"__proto__":1}]`,
  'many empty objects': () => `[${'{},'.repeat(99_000)}{}]`,
  'many names in many objects': () => {
    const names = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`n${i}`, 1]));
    return `[${Array.from({ length: 10 }, () => JSON.stringify(task({ providerSettings: names }))).join(',')}]`;
  },
  nesting: (bytes) => `[{"taskType":"ping","deep":${'['.repeat(bytes)}`,
  'nesting below the limit': () => {
    const deep = `${'['.repeat(90_000)}${']'.repeat(90_000)}`;
    return `[${JSON.stringify(task({ seed: 0 })).replace('"seed":0', `"providerSettings":${deep}`)}]`;
  },
  'a long number': (bytes) => `[{"taskType":"ping","steps":${'1'.repeat(bytes)}}]`,
  escapes: (bytes) => JSON.stringify([task({ inputImage: '\n'.repeat(bytes / 2) })]),
  'percent signs': (bytes) =>
    JSON.stringify([task({ model: 'runware:109@1', inputImage: '%2B'.repeat(bytes / 3) })]),
  'blanks in base64': (bytes) =>
    JSON.stringify([task({ model: 'runware:109@1', inputImage: 'A '.repeat(bytes / 2) })]),
  'an image of zeros': (bytes) =>
    JSON.stringify([task({ model: 'runware:109@1', inputImage: 'A'.repeat(bytes) })]),
};

const send = async ({ gateway, fleet }: Target, body: Buffer) => {
  const headers = { authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' };
  // A body that is refused early may end its connection while it is still being sent.
  const response = await fetch(`${gateway.url}/v1`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  }).catch(() => undefined);
  await response?.text().catch(() => '');
};

export const hostileJson: Attack = {
  about: 'bodies of 60 MB of hostile JSON with a key',
  before: '5 to 21 s blocked, others got 503',
  run: async (target) => {
    const figures: Figure[] = [];
    for (const [name, make] of Object.entries(bodies)) {
      const body = Buffer.from(make(target.isShort ? megabytes(10) : megabytes(60)));
      const found = await during(target, { maxGrowthMb: 96 }, () => send(target, body));
      figures.push(...found.map((figure) => ({ ...figure, what: `${name}: ${figure.what}` })));
    }
    return figures;
  },
};
