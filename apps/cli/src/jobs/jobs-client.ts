import { readConfig } from '#config';
import { createClient, type Client, type Job, type JobItem } from '#client';
import { print, table } from '../command.js';
import { findServer } from '../remove/by-server.js';

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

export const printJobs = (jobs: readonly Job[], asJson: boolean | undefined): void => {
  print(asJson ? `${JSON.stringify(jobs, undefined, 2)}\n` : table([head, ...jobs.map(toRow)]));
  for (const { jobUUID, problem } of asJson ? [] : jobs)
    if (problem) print(`${jobUUID} has no images: ${problem.code}: ${problem.message}\n`);
};

/** The images that failed or were cancelled, by their places in the job. */
export const printFailed = (items: readonly JobItem[]): void => {
  const failed = items.flatMap(({ place, name, error }) =>
    error ? [[`${place}`, name, error.code, error.message]] : [],
  );
  if (failed.length > 0) print(`\n${table([['PLACE', 'NAME', 'CODE', 'MESSAGE'], ...failed])}`);
};

export const itemsOf = async ({ jobs }: Client, jobUUID: string): Promise<JobItem[]> => {
  const items: JobItem[] = [];
  for await (const item of jobs.items(jobUUID)) items.push(item);
  return items;
};
