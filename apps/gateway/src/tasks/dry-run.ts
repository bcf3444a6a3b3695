import type { IncomingHttpHeaders } from 'node:http';
import { TaskError } from '#contract';

const HEADER = 'X-Runware-Dry-Run';
const QUERY = 'dryRun';

const meanings: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
]);

const refused = (parameter: string, fault: string) =>
  new TaskError('invalidParameter', `Invalid value for '${parameter}': ${fault}.`, {
    parameter,
    allowedValues: [...meanings.keys()],
  });

const meaningOf = (parameter: string, value: string): boolean => {
  const meaning = meanings.get(value.trim().toLowerCase());
  if (meaning === undefined)
    throw refused(parameter, 'it must be 1 or true for a dry run, 0 or false for none');
  return meaning;
};

/** Node joins the values of a repeated header with commas. */
const valuesOf = (header: string | readonly string[] | undefined): string[] =>
  [header ?? []].flat().flatMap((text) => text.split(','));

type Asking = { readonly headers: IncomingHttpHeaders; readonly url?: string | undefined };

/** The parameters of the query in a request's target. */
export const queryIn = (url: string): URLSearchParams => {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
};

/**
 * Whether a request asks for a dry run, by `?dryRun=1` or the header `X-Runware-Dry-Run: 1`.
 *
 * @throws TaskError invalidParameter for an unclear value, since a real run would be charged
 */
export const isDryRun = ({ headers, url = '' }: Asking): boolean => {
  const inHeader = valuesOf(headers['x-runware-dry-run']).map((value) => meaningOf(HEADER, value));
  const inQuery = queryIn(url)
    .getAll(QUERY)
    .map((value) => meaningOf(QUERY, value));
  const asked = new Set([...inHeader, ...inQuery]);
  if (asked.size > 1) throw refused(inQuery.length > 0 ? QUERY : HEADER, 'it says both yes and no');
  return asked.has(true);
};
