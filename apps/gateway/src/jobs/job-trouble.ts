import type { ErrorItem } from '#contract';
import { recordTrouble, unservedModel, type Database, type JobRow } from '#database';
import type { Catalogue } from '#models';
import { modelUnavailable } from '../models/availability.js';
import { namedInOptions } from './option-faults.js';

export type TroubleNeeds = { readonly catalogue: Catalogue; readonly database: Database };

/** Why a job waits. */
export type Trouble = Pick<ErrorItem, 'code' | 'message' | 'parameter'>;

const toTrouble = (error: Trouble): Trouble => {
  const { code, message, parameter } = namedInOptions(error);
  const end = code === 'modelUnavailable' ? 'a worker does' : 'this has passed';
  const told = `${message} The job goes on by itself once ${end}.`;
  return { code, message: told, ...(parameter !== undefined && { parameter }) };
};

/** Tasks are accepted for a while after the last worker of their model has left. */
const unserved = async (
  { catalogue, database }: TroubleNeeds,
  jobId: string,
): Promise<Trouble | undefined> => {
  const air = await unservedModel(database, jobId);
  if (air === undefined) return undefined;
  const { code, message, details } = modelUnavailable(catalogue.get(air) ?? { air, name: air }, []);
  return { code, message, parameter: details.parameter };
};

/**
 * Notes why a job does not go on just now, or that it does.
 * @param refused why its places or the intake keep it waiting
 */
export const noteTrouble = async (
  needs: TroubleNeeds,
  job: JobRow,
  refused: Trouble | undefined,
): Promise<void> => {
  // A job goes on at the pace of its key.
  const isPace = refused?.code === 'rateLimitExceeded';
  const trouble = refused && !isPace ? refused : await unserved(needs, job.id);
  await recordTrouble(needs.database, job, trouble ? toTrouble(trouble) : null);
};
