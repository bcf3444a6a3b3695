import { TaskError } from '#contract';

/** The name of a parameter of a task as it stands in a job. */
const nameInJob = (parameter: string): string =>
  parameter === 'inputImage' ? 'images.image' : `options.${parameter}`;

const renamed = ({ code, message, details, cause, others }: TaskError): TaskError => {
  const { parameter } = details;
  const options = { cause, others: others.map(renamed) };
  if (parameter === undefined) return new TaskError(code, message, details, options);
  const name = nameInJob(parameter);
  const told = message.replaceAll(`'${parameter}'`, `'${name}'`);
  return new TaskError(code, told, { ...details, parameter: name }, options);
};

/**
 * Checks the task that a job's options make.
 * @throws TaskError whose parameters are named as they stand in the job
 */
export const namingOptions = async (check: () => Promise<void>): Promise<void> => {
  try {
    await check();
  } catch (error) {
    throw error instanceof TaskError ? renamed(error) : error;
  }
};
