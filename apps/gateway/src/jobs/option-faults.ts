import { JobOptions, TaskError, type ErrorItem } from '#contract';
import { renamed, type Names } from '../doors/door.js';

/** The parameter that holds an image of a job. */
export const imageAt = (place: number): string => `images[${place}].image`;

const options: Names = Object.fromEntries(
  Object.keys(JobOptions.shape).map((name) => [name, `options.${name}`]),
);

/** The error of the task of an image, in the words of who sent the job: its images, or the source of them. */
export const namedInJob = (error: ErrorItem, place: number, hasSource: boolean): ErrorItem =>
  renamed(error, { ...options, inputImage: hasSource ? 'source' : imageAt(place) });

/** An error that is not of one image, in the words of who sent the job. */
export const namedInOptions = <T extends Pick<ErrorItem, 'message' | 'parameter'>>(error: T): T =>
  renamed(error, options);

const faultInOptions = ({ code, message, details, cause, others }: TaskError): TaskError => {
  const { parameter, ...more } = details;
  const told = renamed({ message, parameter }, options);
  const named = told.parameter === undefined ? more : { ...more, parameter: told.parameter };
  return new TaskError(code, told.message, named, { cause, others: others.map(faultInOptions) });
};

/**
 * Checks the task that a job's options make.
 * @throws TaskError whose parameters are named as they stand in the job
 */
export const namingOptions = async (check: () => Promise<void>): Promise<void> => {
  try {
    await check();
  } catch (error) {
    throw error instanceof TaskError ? faultInOptions(error) : error;
  }
};
