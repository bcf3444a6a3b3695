import type { RemoveOptions } from '#client';
import { parseTask, RemoveBackground, TaskError } from '#contract';
import { UsageError } from '../command.js';
import { withStandIn } from './touch-up.js';

/** A flag for one field of the task, and how its text becomes a value. */
type Flag = {
  readonly flag: string;
  /** Where its value goes: a field of the task, or one inside a group such as `settings`. */
  readonly path: readonly string[];
  readonly type: 'boolean' | 'string';
  readonly kind: string;
  /** Names of the numbers that its value holds, in their order. */
  readonly parts: readonly string[];
  readonly about: string;
};

type Field = {
  readonly unwrap?: () => Field;
  readonly def: { readonly type: string };
  /** Of an object. */
  readonly shape?: Readonly<Record<string, Field>>;
  readonly meta: () => { readonly description?: string } | undefined;
};

/** Fields at the root of a task that a person may want to set. */
const rootFields = [
  'model',
  'outputFormat',
  'outputQuality',
  'ttl',
  'deadline',
  'priority',
  'uploadEndpoint',
  'webhookURL',
] as const;

const shape = RemoveBackground.shape as unknown as Record<string, Field>;

/** `edgeOffset` → `edge-offset`, `webhookURL` → `webhook-url`. */
const kebab = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();

/** The schema below `optional` and `default`. */
const plain = (field: Field): Field => (field.unwrap ? plain(field.unwrap()) : field);

const flagOf = (path: Flag['path'], name: string, field: Field): Flag => {
  const kind = plain(field).def.type;
  const about = field.meta()?.description ?? plain(field).meta()?.description ?? '';
  const parts = Object.keys(plain(field).shape ?? {});
  return { flag: name, path, type: kind === 'boolean' ? 'boolean' : 'string', kind, parts, about };
};

const fieldsOf = (group: 'settings' | 'refine'): [string, Field][] => {
  const { shape: inner = {} } = plain(shape[group] as Field);
  return Object.entries(inner);
};

/** A flag for each field, also for those of groups inside. */
const deepFlags = (path: readonly string[], field: Field): Flag[] => {
  const { shape: inner } = plain(field);
  if (!inner) return [flagOf(path, path.map(kebab).join('-'), field)];
  return Object.entries(inner).flatMap(([name, part]) => deepFlags([...path, name], part));
};

/** Fields of `refine` whose flags have names of their own. */
const touchUps: Readonly<Record<string, string>> = { base: 'base', hint: 'hint', hintRadius: 'hint-radius' };

/** The flags, made of the schema that validates requests. */
export const flags: readonly Flag[] = [
  ...rootFields.map((name) => flagOf([name], kebab(name), shape[name] as Field)),
  ...fieldsOf('settings').map(([name, field]) => flagOf(['settings', name], kebab(name), field)),
  ...fieldsOf('refine').map(([name, field]) =>
    flagOf(['refine', name], touchUps[name] ?? `refine-${kebab(name)}`, field),
  ),
  ...deepFlags(['compose'], shape['compose'] as Field),
];

export const flagOptions = Object.fromEntries(flags.map(({ flag, type }) => [flag, { type }])) as Record<
  string,
  { readonly type: Flag['type'] }
>;

const EXAMPLE_URL = 'https://example.com/photo.jpg';
const EXAMPLE_UUID = '00000000-0000-4000-8000-000000000000';

const numberOf = ({ flag }: Flag, text: string, usage: string): number => {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new UsageError(`--${flag} takes a number, not '${text}'.`, usage);
};

/** `5,250` → `{ low: 5, high: 250 }` */
const named = ({ flag, parts }: Flag, numbers: readonly number[], usage: string) => {
  if (numbers.length === parts.length) return Object.fromEntries(parts.map((name, i) => [name, numbers[i]]));
  throw new UsageError(`--${flag} takes ${parts.length} numbers: ${parts.join(',')}.`, usage);
};

const valueOf = (flag: Flag, text: string | boolean, usage: string): unknown => {
  if (typeof text === 'boolean') return text;
  if (flag.kind === 'number') return numberOf(flag, text, usage);
  const numbers = () => text.split(',').map((part) => numberOf(flag, part, usage));
  if (flag.kind === 'tuple') return numbers();
  if (flag.kind === 'object') return named(flag, numbers(), usage);
  return text;
};

/** Parameters of the task, as they are sent. */
export type Parameters = Pick<RemoveOptions, (typeof rootFields)[number] | 'settings' | 'refine' | 'compose'>;

const set = (
  into: Record<string, unknown>,
  [name = '', ...inner]: readonly string[],
  value: unknown,
): void => {
  if (inner.length === 0) into[name] = value;
  else set((into[name] ??= {}) as Record<string, unknown>, inner, value);
};

const nameOf = ({ path }: Flag) => path.join('.');

/** Says the fault with the name of the flag in place of the parameter's. */
const explained = (error: TaskError, usage: string): UsageError => {
  const { parameter } = error.details;
  const flag = flags.find((one) => nameOf(one) === parameter || parameter?.startsWith(`${nameOf(one)}.`));
  const message = flag ? error.message.replaceAll(`'${parameter}'`, `--${flag.flag}`) : error.message;
  return new UsageError(message, usage);
};

/**
 * The parameters that the flags say, validated as the server does.
 *
 * @throws UsageError that names the flag
 */
export const toParameters = (values: Readonly<Record<string, unknown>>, usage: string): Parameters => {
  const parameters: Record<string, unknown> = {};
  for (const flag of flags) {
    const text = values[flag.flag];
    if (typeof text !== 'string' && typeof text !== 'boolean') continue;
    set(parameters, flag.path, valueOf(flag, text, usage));
  }
  try {
    const task = { taskType: 'removeBackground', taskUUID: EXAMPLE_UUID, inputImage: EXAMPLE_URL };
    const refine = { refine: withStandIn(parameters['refine'] as Parameters['refine']) };
    const { outputFormat } = parseTask({ ...task, ...parameters, ...refine }) as RemoveBackground;
    // Other spellings are allowed.
    return { ...parameters, ...('outputFormat' in parameters && { outputFormat }) };
  } catch (error) {
    throw error instanceof TaskError ? explained(error, usage) : error;
  }
};
