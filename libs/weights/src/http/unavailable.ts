import { WeightsError } from '../weights-error.js';

/** This place does not have the file; another one may. */
export class UnavailableError extends WeightsError {}

/** A download broke off and can continue. */
export class UnfinishedError extends UnavailableError {}
