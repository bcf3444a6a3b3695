import type { z } from 'zod';
import { didYouMean } from './closest.js';
import { holderAt, imagePaths, withValuesAt } from './image-parameters.js';
import { LongText } from './long-text.js';
import { TaskError } from './problems.js';
import { fromIssues } from './issues.js';
import { taskSchemas, type Task, type TaskType } from './tasks.js';
import type { Routing } from './error-item.js';

const taskTypes = Object.keys(taskSchemas) as TaskType[];

const isTaskType = (text: unknown): text is TaskType =>
  typeof text === 'string' && Object.hasOwn(taskSchemas, text);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The routing keys of any value that a client sent, for the error that answers it. */
export const routingOf = (raw: unknown): Routing => {
  if (!isRecord(raw)) return {};
  const { taskType, taskUUID } = raw;
  return {
    ...(typeof taskType === 'string' && { taskType }),
    ...(typeof taskUUID === 'string' && { taskUUID }),
  };
};

const withoutNulls = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));

/** Parameters that hold parameters, and groups of them. */
const groups = ['inputs', 'settings', 'refine', 'compose'];

/** Deeper than the groups of any parameter. */
const MAX_GROUPS = 4;

const withoutInnerNulls = (group: Record<string, unknown>, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(withoutNulls(group)).map(([name, value]) => [
      name,
      isRecord(value) && !(value instanceof LongText) && depth < MAX_GROUPS
        ? withoutInnerNulls(value, depth + 1)
        : value,
    ]),
  );

/** `null` means "not sent": some clients send every parameter that they know. */
const dropNulls = (raw: Record<string, unknown>): Record<string, unknown> => {
  const sent = withoutNulls(raw);
  const inner = groups.flatMap((name) => {
    const group = sent[name];
    return isRecord(group) ? [[name, withoutInnerNulls(group)]] : [];
  });
  return { ...sent, ...Object.fromEntries(inner) };
};

/** Replaces other spellings of known clients by the documented one. */
export const normalise = (raw: Record<string, unknown>): Record<string, unknown> => {
  const sent = dropNulls(raw);
  const { outputFormat } = sent;
  if (typeof outputFormat !== 'string') return sent;
  const upper = outputFormat.toUpperCase();
  return { ...sent, outputFormat: upper === 'JPEG' ? 'JPG' : upper };
};

/** Passes validation in place of a long text. */
const STAND_IN = 'data:,';

/** The long texts of a record, by their paths. */
const longTextsOf = (record: Record<string, unknown>) =>
  imagePaths.flatMap((path) => {
    const text = holderAt(record, path)?.[path.at(-1) ?? ''];
    return text instanceof LongText ? [[path, text] as const] : [];
  });

/** Validates a record whose images may be long texts, which the schema does not know. */
const validate = (schema: z.ZodType<Task>, record: Record<string, unknown>) => {
  const texts = longTextsOf(record);
  const plain = withValuesAt(
    record,
    texts.map(([path]) => [path, STAND_IN]),
  );
  const parsed = schema.safeParse(plain, { reportInput: true });
  if (!parsed.success) return parsed;
  for (const [path, text] of texts)
    Object.assign(holderAt(parsed.data, path) ?? {}, { [path.at(-1) ?? '']: text });
  return parsed;
};

/**
 * Validates one element of a request's array.
 *
 * @throws TaskError that names all invalid parameters
 */
export const parseTask = (raw: unknown): Task => {
  if (!isRecord(raw)) throw new TaskError('invalidRequestBody', 'Each task must be a JSON object.');
  const { taskType } = raw;
  if (taskType === undefined) {
    throw new TaskError('missingTaskType', "Missing required parameter 'taskType'.", {
      parameter: 'taskType',
      allowedValues: taskTypes,
    });
  }
  if (!isTaskType(taskType)) {
    const hint = typeof taskType === 'string' ? didYouMean(taskType, taskTypes) : '';
    throw new TaskError('unsupportedTaskType', `There is no such taskType.${hint}`, {
      parameter: 'taskType',
      allowedValues: taskTypes,
    });
  }

  const schema: z.ZodType<Task> = taskSchemas[taskType];
  const parsed = validate(schema, normalise(raw));
  if (parsed.success) return parsed.data;
  throw fromIssues(parsed.error.issues, taskSchemas[taskType]);
};
