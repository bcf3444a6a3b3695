import { WeightsError } from '../weights-error.js';

/** A place that does not give the file; another one may. */
export class UnavailableError extends WeightsError {}

/** A download that broke off, and can go on where it was. */
export class UnfinishedError extends UnavailableError {}
