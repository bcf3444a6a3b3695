import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { renderReference } from './render.js';

for (const [path, text] of Object.entries(await renderReference())) await writeFile(path, text);
