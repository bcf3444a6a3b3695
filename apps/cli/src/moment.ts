import { UsageError } from './command.js';

/** @throws UsageError that names the option */
export const momentOf = (option: string, text: string | undefined, usage: string): Date | undefined => {
  if (text === undefined) return undefined;
  const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = new Date(isMoment ? text : NaN);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(`--${option} takes a time such as 2027-01-31T18:00Z, or a day.`, usage);
};
