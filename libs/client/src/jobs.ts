import type { Runner } from './runner.js';
import { pause, tryAgain } from './retry.js';
import { requireExtensions } from './tasks.js';
import type { CallOptions } from './types.js';
import { newUuid } from './uuid.js';
import type { Job, JobItem, JobRequest } from './wire.js';

type Stoppable = Pick<CallOptions, 'signal'>;

/** Many images with one set of options, done by the server. Needs `extensions`. */
export type Jobs = {
  /**
   * Stores a job. After lost connections it is sent again with the same `jobUUID`, and done once.
   *
   * @example const { jobUUID } = await client.jobs.create({ options: { model: 'runware:109@1' }, images: [{ image: url }] });
   * @example await client.jobs.create({ options, source: { place: 'photos', prefix: 'shoes' }, target: { place: 'cutouts' } });
   */
  readonly create: (job: JobRequest, options?: Stoppable) => Promise<Job>;
  readonly get: (jobUUID: string, options?: Stoppable) => Promise<Job>;
  /** The latest, newest first. @param limit 100 at most */
  readonly list: (options?: Stoppable & { readonly limit?: number | undefined }) => Promise<readonly Job[]>;
  /** Cancels what has not begun. */
  readonly cancel: (jobUUID: string, options?: Stoppable) => Promise<Job>;
  /** Resolves when each image has its result or its error. */
  readonly wait: (
    jobUUID: string,
    options?: Stoppable & { readonly onProgress?: ((job: Job) => void) | undefined },
  ) => Promise<Job>;
  /** Its images in their order, with the results so far. */
  readonly items: (jobUUID: string, options?: Stoppable) => AsyncGenerator<JobItem, void, undefined>;
  /** The ZIP of the results so far. */
  readonly results: (jobUUID: string, options?: Stoppable) => Promise<ReadableStream<Uint8Array>>;
};

const never = new AbortController().signal;
const ITEMS = 100;
const LOOK_EVERY_MS = 1_000;

const pathOf = (jobUUID: string, more = '') => `/v1/jobs/${encodeURIComponent(jobUUID)}${more}`;

export const createJobs = (runner: Runner): Jobs => {
  const { http } = runner;
  const ask = <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    requireExtensions(runner, '/v1/jobs');
    return tryAgain(work, { ...runner.again, signal });
  };
  const all = async (work: () => Promise<readonly object[]>, signal: AbortSignal) =>
    (await ask(work, signal)) as readonly Job[];
  const one = async (work: () => Promise<readonly object[]>, signal: AbortSignal): Promise<Job> => {
    const [job] = await all(work, signal);
    return job as Job;
  };
  const get: Jobs['get'] = (jobUUID, { signal = never } = {}) =>
    one(() => http.get(pathOf(jobUUID), signal), signal);

  return {
    create: ({ jobUUID = newUuid(), ...job }, { signal = never } = {}) =>
      one(() => http.postTo('/v1/jobs', { jobUUID, ...job }, signal), signal),
    get,
    list: ({ limit = 20, signal = never } = {}) =>
      all(() => http.get(`/v1/jobs?limit=${limit}`, signal), signal),
    cancel: (jobUUID, { signal = never } = {}) => one(() => http.remove(pathOf(jobUUID), signal), signal),
    wait: async (jobUUID, { signal = never, onProgress } = {}) => {
      for (;;) {
        const job = await get(jobUUID, { signal });
        onProgress?.(job);
        if (job.finishedAt !== undefined) return job;
        await pause(LOOK_EVERY_MS, signal);
      }
    },
    items: async function* (jobUUID, { signal = never } = {}) {
      for (let query = ''; ;) {
        const path = pathOf(jobUUID, `/items?limit=${ITEMS}${query}`);
        const page = (await ask(() => http.get(path, signal), signal)) as unknown as readonly JobItem[];
        yield* page;
        if (page.length < ITEMS) return;
        query = `&after=${page.at(-1)?.place}`;
      }
    },
    results: (jobUUID, { signal = never } = {}) =>
      ask(() => http.open(pathOf(jobUUID, '/results.zip'), signal), signal),
  };
};
