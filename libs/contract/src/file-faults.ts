import { z } from 'zod';

type Issue = z.core.$ZodIssue;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const quoted = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(', ');

/** Zod's own messages begin so. Those of our schemas stay as they are. */
const isOfZod = ({ message }: Issue): boolean => /^(Invalid|Too (small|big)|Unrecognized)/.test(message);

const boundOf = (issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string => {
  const isNumber = issue.origin === 'number' || issue.origin === 'int';
  const isIncluded = issue.inclusive !== false;
  if (issue.code === 'too_big')
    return `must ${isNumber ? 'be' : 'have'} ${isIncluded ? 'at most' : 'less than'} ${issue.maximum}`;
  if (!isNumber && issue.minimum === 1) return 'must not be empty';
  return `must ${isNumber ? 'be' : 'have'} ${isIncluded ? 'at least' : 'more than'} ${issue.minimum}`;
};

const wordsOfType = ({ message, expected }: Extract<Issue, { code: 'invalid_type' }>): string =>
  message.endsWith('received undefined') ? 'is missing' : `must be ${typeNames[expected] ?? expected}`;

/** What is wrong with a value, in words that follow its name. */
export function wordsOf(issue: Issue): string {
  if (!isOfZod(issue)) return issue.message;
  if (issue.code === 'invalid_key') return issue.issues.map(wordsOf).join(', ');
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return wordsOfForms(issue.errors);
  if (issue.code === 'unrecognized_keys') return `knows no field ${quoted(issue.keys)}`;
  if (issue.code === 'invalid_type') return wordsOfType(issue);
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${quoted(issue.values)}`;
  return issue.code === 'too_small' || issue.code === 'too_big' ? boundOf(issue) : issue.message;
}

const isOtherType = ([issue, ...more]: readonly Issue[]): boolean =>
  issue?.code === 'invalid_type' && issue.path.length === 0 && more.length === 0;

/** Of forms for values of another type nothing needs to be said. */
const wordsOfForms = (forms: readonly (readonly Issue[])[]): string => {
  const meant = forms.filter((form) => !isOtherType(form));
  const all = (meant.length === 0 ? forms : meant).map((form) => form.map(withPath).join(', '));
  const words = [...new Set(all)];
  return words.length === 1 ? `${words[0]}` : `fits none of its forms (${words.join('; or ')})`;
};

const withPath = (issue: Issue): string => [z.core.toDotPath(issue.path), wordsOf(issue)].join(' ').trim();

/** Why the content of a file is not usable: each wrong field, and what is wrong with it. */
export const faultsOfFile = ({ issues }: z.ZodError): string[] =>
  issues.map((issue) => `${z.core.toDotPath(issue.path) || 'its top level'}: ${wordsOf(issue)}`);

/** Zod leaves a field of this name out without a word. */
const LEFT_OUT = '__proto__';

/** Fields of a file that would be left out without a word. */
export const faultsOfNames = (value: unknown, path: readonly string[] = []): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = [...path, name];
    return name === LEFT_OUT ? [`${at.join('.')}: cannot be a name`] : faultsOfNames(inner, at);
  });
};
