import { z } from 'zod';
import { problems, TaskError, type ProblemCode, type ProblemDetails } from './problems.js';

type Issue = z.core.$ZodIssue;

const isProblem = (code: string): code is ProblemCode => Object.hasOwn(problems, code);

/** `outputQuality` → `OutputQuality`, since some parameters have a code of their own, like `invalidOutputQuality`. */
const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

const codeFor = (prefix: 'invalid' | 'missing', parameter: string): ProblemCode => {
  const own = `${prefix}${pascal(parameter)}`;
  return isProblem(own) ? own : `${prefix}Parameter`;
};

const rangeOf = (issue: Issue): ProblemDetails => {
  if (issue.code === 'too_small' && issue.origin !== 'string') return { min: Number(issue.minimum) };
  if (issue.code === 'too_big') return { max: Number(issue.maximum) };
  if (issue.code === 'invalid_value') return { allowedValues: issue.values.map(String) };
  if (issue.code === 'invalid_type') return { type: issue.expected === 'int' ? 'integer' : issue.expected };
  return {};
};

/** The schema inside optional and default schemas. */
const unwrap = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;

const fieldAt = (schema: z.ZodObject, [name, ...rest]: readonly PropertyKey[]): unknown => {
  const field = typeof name === 'string' ? unwrap(schema.shape[name]) : undefined;
  return rest.length > 0 && field instanceof z.ZodObject ? fieldAt(field, rest) : field;
};

/** Both bounds of a number, of which zod's issue names at most the one that was overstepped. */
const boundsOf = (schema: z.ZodObject, path: readonly PropertyKey[]): ProblemDetails => {
  const number = fieldAt(schema, path);
  if (!(number instanceof z.ZodNumber) || number.minValue === null || number.maxValue === null) return {};
  return { type: number.isInt ? 'integer' : 'number', min: number.minValue, max: number.maxValue };
};

/** A missing taskUUID must not hide behind another fault: without it the client cannot route the answer. */
const mostImportant = (issues: readonly Issue[]): Issue | undefined =>
  issues.find((issue) => issue.path[0] === 'taskUUID') ?? issues[0];

/**
 * Translates the issues of zod into a TaskError.
 *
 * @param issues as zod reports them with `reportInput`
 * @param schema of the task
 */
export const fromIssue = (issues: readonly Issue[], schema: z.ZodObject): TaskError => {
  const issue = mostImportant(issues);
  if (!issue) throw new RangeError('fromIssue needs at least one issue');

  if (issue.code === 'unrecognized_keys') {
    const parameter = [...issue.path, issue.keys[0]].join('.');
    return new TaskError('unsupportedParameter', `The parameter '${parameter}' is not supported.`, {
      parameter,
    });
  }

  const parameter = issue.path.join('.');
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return new TaskError(codeFor('missing', parameter), `Missing required parameter '${parameter}'.`, {
      parameter,
    });
  }
  const message = `Invalid value for '${parameter}': ${issue.message}.`;
  return new TaskError(codeFor('invalid', parameter), message, {
    parameter,
    ...rangeOf(issue),
    ...boundsOf(schema, issue.path),
  });
};
