import { readConfig } from '#config';
import { createClient, type Client, type Job, type JobItem } from '#client';
import { print, table } from '../command.js';
import { findServer } from '../remove/by-server.js';
import { withoutPlace } from './naming-lines.js';

export const serverOptions = { server: { type: 'string' }, key: { type: 'string' } } as const;
export const serverUsage = `  --server URL       the server; CLEARCUT_URL, or the npm start that runs on DATA_DIR
  --key KEY          its key; CLEARCUT_KEY, or that of this npm start
`;

export type World = Record<string, never>;
type Values = { readonly server?: string | undefined; readonly key?: string | undefined };

export const clientOf = (values: Values): Client => {
  const { url, apiKey } = findServer(values, readConfig());
  return createClient({ url, apiKey, onNotice: (message) => void process.stderr.write(`${message}\n`) });
};

const head = ['JOBUUID', 'STATUS', 'IMAGES', 'WAITING', 'RUNNING', 'SUCCESS', 'ERROR', 'CANCELLED', 'COST'];
const toRow = (job: Job): string[] => [
  job.jobUUID,
  job.status,
  ...[job.total, job.waiting, job.running, job.success, job.error, job.cancelled].map(String),
  `$${job.cost}`,
];

const waitOf = ({ jobUUID, trouble }: Job): string | undefined =>
  trouble && `${jobUUID} waits: ${trouble.message}\n`;

/** Prints to stderr why a job waits, each reason once. */
export const createWaitNotices = (): ((job: Job) => void) => {
  let told: string | undefined;
  return (job) => {
    const wait = waitOf(job);
    if (wait !== undefined && wait !== told) process.stderr.write(wait);
    told = wait;
  };
};

export const printJobs = (jobs: readonly Job[], asJson: boolean | undefined): void => {
  print(asJson ? `${JSON.stringify(jobs, undefined, 2)}\n` : table([head, ...jobs.map(toRow)]));
  for (const job of asJson ? [] : jobs) {
    const { jobUUID, problem } = job;
    if (problem) print(`${jobUUID} has no images: ${problem.code}: ${problem.message}\n`);
    print(waitOf(job) ?? '');
  }
};

/**
 * The images that failed or were cancelled.
 * @param lines those of a manifest, by the places of its images; without them, images count from 1
 */
export const printFailed = (items: readonly JobItem[], lines?: readonly number[]): void => {
  const failed = items.flatMap(({ place, name, error }) =>
    error ? [[`${lines?.[place] ?? place + 1}`, name, error.code, withoutPlace(error.message)]] : [],
  );
  const head = [lines ? 'LINE' : 'IMAGE', 'NAME', 'CODE', 'MESSAGE'];
  if (failed.length > 0) print(`\n${table([head, ...failed])}`);
};

export const itemsOf = async ({ jobs }: Client, jobUUID: string): Promise<JobItem[]> => {
  const items: JobItem[] = [];
  for await (const item of jobs.items(jobUUID)) items.push(item);
  return items;
};
