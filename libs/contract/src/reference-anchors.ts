import { z } from 'zod';
import type { ProblemCode } from './problems.js';
import { removalTypes, taskSchemas, type TaskType } from './tasks.js';

const isTaskType = (name: string): name is TaskType => Object.hasOwn(taskSchemas, name);

/** Task types of one schema share the section of the first. */
const sectionOf = (taskType: string): TaskType => {
  if (!isTaskType(taskType)) return removalTypes[0];
  const schema = taskSchemas[taskType];
  return Object.keys(taskSchemas)
    .filter(isTaskType)
    .find((other) => taskSchemas[other] === schema) as TaskType;
};

const unwrap = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;

const hasParameter = (schema: unknown, [name, ...rest]: readonly string[]): boolean => {
  const whole = unwrap(schema);
  // Every object has `constructor` and its like by inheritance.
  if (!(whole instanceof z.ZodObject) || name === undefined || !Object.hasOwn(whole.shape, name))
    return false;
  return rest.length === 0 || hasParameter(whole.shape[name], rest);
};

/** The anchor of a task type's section. */
export const sectionAnchor = (taskType: string): string => `task-${sectionOf(taskType).toLowerCase()}`;

/** The anchor of a parameter. Those of removals are spelt as Runware spells them. */
export const parameterAnchor = (taskType: string, parameter: string): string => {
  const section = sectionOf(taskType);
  const name = `request-${parameter.replaceAll('.', '-').toLowerCase()}`;
  return section === removalTypes[0] ? name : `${section.toLowerCase()}-${name}`;
};

/** The anchor of an error's code. */
export const codeAnchor = (code: ProblemCode): string => `error-${code.toLowerCase()}`;

/** The nearest anchor that exists: that of the parameter, of the object around it, or of the section. */
export const nearestAnchor = (taskType: string, parameter: string): string => {
  const path = parameter.split('.');
  for (const section of [sectionOf(taskType), 'authentication'] as const) {
    for (let length = path.length; length > 0; length--) {
      const known = path.slice(0, length);
      if (hasParameter(taskSchemas[section], known)) return parameterAnchor(section, known.join('.'));
    }
  }
  return sectionAnchor(taskType);
};
