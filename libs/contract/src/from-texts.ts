import { z } from 'zod';
import { schemaAt } from './issues.js';
import { TaskError } from './problems.js';

type Parameters = Record<string, unknown>;

/** No name of ours is longer, and a longer one would only be repeated in an error. */
const MAX_NAME = 100;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const numberOf = (text: string): number | string => (NUMBER.test(text.trim()) ? Number(text) : text);

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** What a text stands for. One that fits no such value stays a text, which the schema refuses. */
const valueOf = (text: string, schema: unknown): unknown => {
  if (schema instanceof z.ZodNumber) return numberOf(text);
  if (schema instanceof z.ZodBoolean) return booleans.get(text.trim().toLowerCase()) ?? text;
  if (schema instanceof z.ZodTuple) return text.split(',').map(numberOf);
  return text;
};

/** Without a prototype, since a caller may name a parameter `__proto__`. */
const emptyGroup = (): Parameters => Object.create(null) as Parameters;

const twice = (parameter: string) =>
  new TaskError('incompatibleParameters', `The parameter '${parameter}' was sent twice.`, { parameter });

/** Sets `refine.levels.low` in the object `levels` of the object `refine`. */
const place = (parameters: Parameters, name: string, text: string, schema: z.ZodObject): void => {
  const path = name.slice(0, MAX_NAME).split('.');
  let group = parameters;
  const outer: string[] = [];
  while (path.length > 1 && schemaAt(schema, [...outer, path[0] ?? '']) instanceof z.ZodObject) {
    outer.push(path.shift() ?? '');
    const inner = (group[outer.at(-1) ?? ''] ??= emptyGroup());
    if (typeof inner !== 'object') throw twice(outer.join('.'));
    group = inner as Parameters;
  }
  const key = path.join('.');
  if (Object.hasOwn(group, key)) throw twice([...outer, key].join('.'));
  group[key] = valueOf(text, schemaAt(schema, [...outer, key]));
};

/**
 * Parameters that came as texts, in a form or a query: `settings.rgba` is the field `rgba` of `settings`, and its numbers
 * have commas between them.
 *
 * @throws TaskError when a parameter was sent twice
 */
export const fromTexts = (
  texts: readonly (readonly [name: string, text: string])[],
  schema: z.ZodObject,
): Parameters => {
  const parameters = emptyGroup();
  for (const [name, text] of texts) place(parameters, name, text, schema);
  return parameters;
};
