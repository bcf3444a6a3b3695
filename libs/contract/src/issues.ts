import { z } from 'zod';
import { didYouMean } from './closest.js';
import { joinFaults, problems, TaskError, type ProblemCode, type ProblemDetails } from './problems.js';

type Issue = z.core.$ZodIssue;

const isProblem = (code: string): code is ProblemCode => Object.hasOwn(problems, code);

/** `outputQuality` → `OutputQuality`, since some parameters have a code of their own, like `invalidOutputQuality`. */
const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** The options of a job are parameters of its tasks, and so are their faults. */
const OPTIONS = /^options\./;

const codeFor = (prefix: 'invalid' | 'missing', parameter: string): ProblemCode => {
  const own = `${prefix}${pascal(parameter.replace(OPTIONS, ''))}`;
  return isProblem(own) ? own : `${prefix}Parameter`;
};

/** The list of a job. Its elements are named by their places; those of other arrays have no name. */
const IMAGES = 'images';

/** The parameter at a path. @example nameOf(['images', 3, 'name']) // 'images[3].name' */
const nameOf = (path: readonly PropertyKey[]): string =>
  path
    .flatMap((step, i) => {
      if (typeof step === 'number') return i === 1 && path[0] === IMAGES ? `[${step}]` : [];
      return i === 0 ? String(step) : `.${String(step)}`;
    })
    .join('');

/** zod's types that JSON calls otherwise. */
const jsonTypes: Readonly<Record<string, string>> = { int: 'integer', tuple: 'array', record: 'object' };

const rangeOf = (issue: Issue): ProblemDetails => {
  if (issue.code === 'too_small' && issue.origin !== 'string') return { min: Number(issue.minimum) };
  if (issue.code === 'too_big') return { max: Number(issue.maximum) };
  if (issue.code === 'invalid_value') return { allowedValues: issue.values.map(String) };
  if (issue.code === 'invalid_type') return { type: jsonTypes[issue.expected] ?? issue.expected };
  return {};
};

/** The schema inside optional and default schemas. */
const unwrap = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;

/** The schema at a path: an item of a tuple, a field of an object. */
export const schemaAt = (schema: unknown, [step, ...rest]: readonly PropertyKey[]): unknown => {
  const whole = unwrap(schema);
  if (step === undefined) return whole;
  if (whole instanceof z.ZodTuple && typeof step === 'number') return schemaAt(whole.def.items[step], rest);
  if (whole instanceof z.ZodArray && typeof step === 'number') return schemaAt(whole.element, rest);
  if (!(whole instanceof z.ZodObject) || !Object.hasOwn(whole.shape, step)) return undefined;
  return schemaAt(whole.shape[step as string], rest);
};

/** Both bounds of a number, of which zod's issue names at most the one that was overstepped. */
const boundsOf = (schema: z.ZodObject, path: readonly PropertyKey[]): ProblemDetails => {
  const number = schemaAt(schema, path);
  if (!(number instanceof z.ZodNumber) || number.minValue === null || number.maxValue === null) return {};
  return { type: number.isInt ? 'integer' : 'number', min: number.minValue, max: number.maxValue };
};

const withArticle = (type: string) => `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;

const inRange = ({ type = 'number', min, max }: ProblemDetails): string => {
  if (min === max) return `must be ${min}`;
  if (max === undefined) return `must be at least ${min}`;
  return min === undefined ? `must be at most ${max}` : `must be ${withArticle(type)} from ${min} to ${max}`;
};

const lengthFault = (issue: Issue): string | undefined => {
  if (issue.code === 'too_small' && issue.origin === 'string') return 'must not be empty';
  if (issue.code === 'too_big' && issue.origin === 'string')
    return `has more than ${issue.maximum} characters`;
  if (issue.code === 'too_small' && issue.origin === 'array')
    return `must have at least ${count(issue.minimum)}`;
  if (issue.code === 'too_big' && issue.origin === 'array')
    return `must have at most ${count(issue.maximum)}`;
  return undefined;
};

const count = (items: number | bigint) => `${items} ${Number(items) === 1 ? 'item' : 'items'}`;

/** Completes "Invalid value for 'outputQuality': it …". */
const faultOf = (issue: Issue, details: ProblemDetails): string => {
  const length = lengthFault(issue);
  if (length) return length;
  if (details.allowedValues) {
    const values = details.allowedValues.join(', ');
    return `must be ${details.allowedValues.length > 1 ? `one of ${values}` : values}`;
  }
  if (details.min !== undefined || details.max !== undefined) return inRange(details);
  if (details.type) return `must be ${withArticle(details.type)}`;
  // What remains is a format: that of a UUID, or one whose words are ours.
  return issue.code === 'invalid_format' && issue.format === 'uuid' ? 'must be a UUID' : issue.message;
};

/** The fault in the form that was sent, where a parameter has two: a value or an array of values, a text or a number. */
const inSentForm = (issue: Issue): Issue => {
  if (issue.code !== 'invalid_union') return issue;
  const forms = issue.errors.map(([first]) => first).filter((first) => first !== undefined);
  const fitting = Array.isArray(issue.input)
    ? forms.at(-1)
    : (forms.find(({ code }) => code !== 'invalid_type') ?? forms[0]);
  return fitting ? { ...fitting, path: [...issue.path, ...fitting.path] } : issue;
};

const namesIn = (schema: unknown): string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

const unknownParameter = (path: readonly PropertyKey[], key: string, schema: z.ZodObject): TaskError => {
  const parameter = nameOf([...path, key]);
  const prefix = path.length > 0 ? `${nameOf(path)}.` : '';
  const known = namesIn(schemaAt(schema, path));
  const others = path.length > 0 ? namesIn(schema) : groupNames(schema);
  const hint = didYouMean(key, known, prefix) || didYouMean(key, others);
  return new TaskError('unsupportedParameter', `The parameter '${parameter}' is not supported.${hint}`, {
    parameter,
  });
};

/** `refine.feather` and its like: what belongs into an object and was sent beside it. */
const groupNames = (schema: z.ZodObject): string[] =>
  Object.keys(schema.shape).flatMap((group) =>
    namesIn(schemaAt(schema, [group])).map((name) => `${group}.${name}`),
  );

/** zod reports all unknown keys of an object as one issue. */
const oneByOne = (issue: Issue): Issue[] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];

/** A faulty taskUUID comes first: without it the client cannot route the answer. */
const inOrder = (issues: readonly Issue[]): Issue[] => {
  const isFirst = ({ path }: Issue) => path[0] === 'taskUUID';
  return [...issues.filter(isFirst), ...issues.filter((issue) => !isFirst(issue))];
};

const fromIssue = (found: Issue, schema: z.ZodObject): TaskError => {
  const issue = inSentForm(found);
  if (issue.code === 'unrecognized_keys') return unknownParameter(issue.path, issue.keys[0] ?? '', schema);

  const parameter = nameOf(issue.path);
  if ((issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined) {
    return new TaskError(codeFor('missing', parameter), `Missing required parameter '${parameter}'.`, {
      parameter,
    });
  }
  const tuple = schemaAt(schema, issue.path);
  if (tuple instanceof z.ZodTuple) {
    const message = `Invalid value for '${parameter}': it must be an array of ${tuple.def.items.length} numbers.`;
    return new TaskError(codeFor('invalid', parameter), message, { parameter, type: 'array' });
  }
  const details = { parameter, ...rangeOf(issue), ...boundsOf(schema, issue.path) };
  const message = `Invalid value for '${parameter}': it ${faultOf(issue, details)}.`;
  return new TaskError(codeFor('invalid', parameter), message, details);
};

/** More than are told, since some are told once for several issues. */
const MAX_ISSUES = 100;

/** The items of an array have one name, and so one fault. */
const onePerParameter = (faults: readonly TaskError[]): TaskError[] => {
  const byParameter = new Map<string | undefined, TaskError>();
  for (const fault of faults) {
    const { parameter } = fault.details;
    if (!byParameter.has(parameter)) byParameter.set(parameter, fault);
  }
  return [...byParameter.values()];
};

/**
 * Translates the issues of zod into one TaskError, with a fault for each parameter.
 *
 * @param issues as zod reports them with `reportInput`
 * @param schema of the task
 */
export const fromIssues = (issues: readonly Issue[], schema: z.ZodObject): TaskError => {
  const found = inOrder(issues).flatMap(oneByOne).slice(0, MAX_ISSUES);
  const [first, ...others] = onePerParameter(found.map((issue) => fromIssue(issue, schema)));
  if (!first) throw new RangeError('fromIssues needs at least one issue');
  return joinFaults([first, ...others]);
};
