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
  run: async (target) => {
    const figures: Figure[] = [];
    for (const [name, make] of Object.entries(bodies)) {
      const body = Buffer.from(make(target.isShort ? megabytes(10) : megabytes(60)));
      const found = await during(target, { maxGrowthMb: 192 }, () => send(target, body));
      figures.push(...found.map((figure) => ({ ...figure, what: `${name}: ${figure.what}` })));
    }
    return figures;
  },
};
