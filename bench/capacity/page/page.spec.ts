import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { readMeasured } from '../read-measured.js';
import { capacityPage } from './page.js';
import { bytes, number } from './words.js';

it('stands in the repository as it is computed; npm run docs writes it anew', async () => {
  expect(await readFile('docs/capacity.md', 'utf8')).toBe(capacityPage(await readMeasured()));
});

it('says loudly that nothing was measured with Redis, and leaves its figures out', async () => {
  const measured = await readMeasured();
  const { postgres } = measured.backends;
  const page = capacityPage({ ...measured, backends: { postgres } });
  expect(page).toContain('**Nothing was measured with the queue in Redis');
  expect(page).not.toContain('| Redis: ');
  expect(page).not.toContain('| one Redis');
  expect(page).not.toContain('NaN');
  expect(page).not.toContain('Infinity');
});

it('rounds to two digits, in units that people read', () => {
  expect([0, 999, 1234, 385_338, 999_900, 2.6e15].map(bytes)).toEqual([
    '0 B',
    '1 kB',
    '1.2 kB',
    '390 kB',
    '1 MB',
    '2.6 PB',
  ]);
  expect([0.1234, 12.6, 12_345].map(number)).toEqual(['0.12', '13', '12,000']);
});
