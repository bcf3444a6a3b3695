import { writeFile } from 'node:fs/promises';
import { capacityPage } from './page/page.js';
import { readMeasured } from './read-measured.js';

await writeFile('docs/capacity.md', capacityPage(await readMeasured()));
