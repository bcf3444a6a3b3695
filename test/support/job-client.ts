import { EndedJob, JobAnswer, JobItems, JobList, type ErrorItem, type Job, type JobItem } from '#contract';
import { until } from './until.js';
import { filesOfZip } from './zip.js';

/** A plain HTTP client of the jobs. It holds each answer to its schema. */
export type JobClient = {
  readonly send: (body: unknown) => Promise<{ status: number; job?: Job; errors: ErrorItem[] }>;
  readonly create: (body: unknown) => Promise<Job>;
  readonly show: (jobUUID: string) => Promise<Job>;
  /** Resolves with the job once it has ended. */
  readonly ended: (jobUUID: string, timeoutMs?: number) => Promise<Job>;
  readonly items: (jobUUID: string) => Promise<JobItem[]>;
  readonly list: (query?: string) => Promise<JobList>;
  readonly cancel: (jobUUID: string) => Promise<Job>;
  readonly zip: (jobUUID: string) => Promise<Map<string, Buffer>>;
  /** Any request. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
};

/** @param urlOf the address of a gateway, which may change while a test runs */
export const createJobClient = (urlOf: string | (() => string), key: string): JobClient => {
  const ask: JobClient['ask'] = (path, init = {}) => {
    const url = typeof urlOf === 'string' ? urlOf : urlOf();
    const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
    return fetch(`${url}/v1/jobs${path}`, { ...init, headers });
  };
  const send: JobClient['send'] = async (body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await ask('', { method: 'POST', headers, body: JSON.stringify(body) });
    const { data: [job] = [], errors = [] } = JobAnswer.parse(await response.json());
    return { status: response.status, ...(job && { job }), errors };
  };
  const jobOf = async (response: Response): Promise<Job> => {
    const body: unknown = await response.json();
    const { data: [job] = [] } = JobAnswer.parse(body);
    if (!job) throw new Error(`no job in ${JSON.stringify(body)}`);
    return job;
  };
  const show = async (jobUUID: string) => jobOf(await ask(`/${jobUUID}`));
  return {
    ask,
    send,
    create: async (body) => {
      const { job, errors } = await send(body);
      if (!job) throw new Error(`no job but ${JSON.stringify(errors)}`);
      return job;
    },
    show,
    ended: (jobUUID, timeoutMs) =>
      until(
        'the end of the job',
        async () => {
          const job = await show(jobUUID);
          return job.finishedAt ? job : undefined;
        },
        timeoutMs,
      ),
    items: async (jobUUID) => {
      const all: JobItem[] = [];
      for (let after: number | undefined; ;) {
        const query = after === undefined ? '?limit=100' : `?limit=100&after=${after}`;
        const response = await ask(`/${jobUUID}/items${query}`);
        const page = JobItems.parse(await response.json());
        all.push(...page.data);
        if (page.after === undefined) return all;
        after = page.after;
      }
    },
    list: async (query = '') => JobList.parse(await (await ask(query)).json()),
    cancel: async (jobUUID) => jobOf(await ask(`/${jobUUID}`, { method: 'DELETE' })),
    zip: async (jobUUID) => {
      const response = await ask(`/${jobUUID}/results.zip`);
      return filesOfZip(Buffer.from(await response.arrayBuffer()));
    },
  };
};

/** The job that a webhook told of. */
export const jobOfWebhook = (body: Buffer): Job | undefined =>
  EndedJob.parse(JSON.parse(body.toString())).data[0];
