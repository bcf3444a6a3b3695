import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { absentAsUndefined } from '../weights-error.js';

/** Notes about a partial file. */
const Resume = z.object({
  /** Identifies the file, whatever place it comes from. */
  key: z.string(),
  url: z.string(),
  validator: z.string().optional(),
  total: z.int().positive().optional(),
});
export type Resume = z.infer<typeof Resume>;

export const dataPath = (folder: string): string => join(folder, 'data');
const resumePath = (folder: string): string => join(folder, 'resume.json');

/** `undefined` also when a killed run left the notes incomplete. */
export const readResume = async (folder: string): Promise<Resume | undefined> => {
  const text = await readFile(resumePath(folder), 'utf8').catch(absentAsUndefined);
  try {
    return text === undefined ? undefined : Resume.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Called before the first byte of data, so that data always have notes. */
export const writeResume = (folder: string, resume: Resume): Promise<void> =>
  writeFile(resumePath(folder), JSON.stringify(resume));

export const discardPartial = async (folder: string): Promise<void> => {
  await rm(resumePath(folder), { force: true });
  await rm(dataPath(folder), { force: true });
};

/** Bytes on disk so far. */
export const partialBytes = async (folder: string): Promise<number> =>
  (await stat(dataPath(folder)).catch(absentAsUndefined))?.size ?? 0;
