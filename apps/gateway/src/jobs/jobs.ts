import type { Readable } from 'node:stream';
import type { Job, JobItems, JobList } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { createOwnerPlaces } from '../tasks/owner-places.js';
import { createJob, type CreateNeeds } from './create-job.js';
import { cancelOwnJob, listJobItems, listOwnJobs, showJob, type ReadNeeds } from './read-jobs.js';
import { zipResults, type ZipNeeds } from './zip-results.js';

type Query = Readonly<Record<string, unknown>>;

/** What the callers of the routes may do. Each rejects with a TaskError. */
export type Jobs = {
  readonly create: (owner: Owner, request: FastifyRequest) => Promise<Job>;
  readonly list: (owner: Owner, query: Query) => Promise<JobList>;
  readonly show: (owner: Owner, jobUuid: string) => Promise<Job>;
  readonly items: (owner: Owner, jobUuid: string, query: Query) => Promise<JobItems>;
  readonly cancel: (owner: Owner, jobUuid: string) => Promise<Job>;
  readonly zip: (owner: Owner, jobUuid: string) => Promise<Readable>;
};

export const JOBS = token<Jobs>('jobs');

type Needs = CreateNeeds & ReadNeeds & ZipNeeds;

/** No image comes inside a job. */
const noImage = () => false;

const jobsOf = (needs: Needs): Jobs => ({
  create: async (owner, request) => {
    const body = await request.server.readObject(request, noImage, needs.config.MAX_JOB_IMAGES);
    return createJob(needs, owner, body);
  },
  list: (owner, query) => listOwnJobs(needs, owner, query),
  show: (owner, jobUuid) => showJob(needs, owner, jobUuid),
  items: (owner, jobUuid, query) => listJobItems(needs, owner, jobUuid, query),
  cancel: (owner, jobUuid) => cancelOwnJob(needs, owner, jobUuid),
  zip: (owner, jobUuid) => zipResults(needs, owner, jobUuid),
});

/** The most jobs that are stored at once. */
const PLACES = { inAll: 4, perOwner: 1 };

export const createJobs = (needs: Omit<Needs, 'inTurn'>): Jobs =>
  jobsOf({ ...needs, inTurn: createOwnerPlaces(PLACES.inAll, PLACES.perOwner) });
