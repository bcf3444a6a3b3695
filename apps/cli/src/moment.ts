import { UsageError } from './command.js';

/** Date takes 31 February for 3 March. */
const isDay = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return year > 0 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
};

/** @throws UsageError that names the option */
export const momentOf = (option: string, text: string | undefined, usage: string): Date | undefined => {
  if (text === undefined) return undefined;
  const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = new Date(isMoment && isDay(text) ? text : NaN);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(`--${option} takes a time such as 2027-01-31T18:00Z, or a day.`, usage);
};
