import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { absentAsUndefined } from '../weights-error.js';

/** What is known of a file of which a part has come. */
const Resume = z.object({
  /** Which file it is, whatever place it comes from. */
  key: z.string(),
  url: z.string(),
  validator: z.string().optional(),
  total: z.int().positive().optional(),
});
export type Resume = z.infer<typeof Resume>;

export const dataPath = (folder: string): string => join(folder, 'data');
const resumePath = (folder: string): string => join(folder, 'resume.json');

/** `undefined` also when a killed run left half of it. */
export const readResume = async (folder: string): Promise<Resume | undefined> => {
  const text = await readFile(resumePath(folder), 'utf8').catch(absentAsUndefined);
  try {
    return text === undefined ? undefined : Resume.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Before the first byte of data, so that there is never data of which nothing is known. */
export const writeResume = (folder: string, resume: Resume): Promise<void> =>
  writeFile(resumePath(folder), JSON.stringify(resume));

export const discardPartial = async (folder: string): Promise<void> => {
  await rm(resumePath(folder), { force: true });
  await rm(dataPath(folder), { force: true });
};

/** Bytes that have come so far. */
export const partialBytes = async (folder: string): Promise<number> =>
  (await stat(dataPath(folder)).catch(absentAsUndefined))?.size ?? 0;
