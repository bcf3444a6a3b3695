import { readFile } from 'node:fs/promises';
import { Measured } from './measured.js';

/** In the project's folder. */
export const MEASURED_PATH = 'bench/capacity/measured.json';

export const readMeasured = async (): Promise<Measured> =>
  Measured.parse(JSON.parse(await readFile(MEASURED_PATH, 'utf8')));
