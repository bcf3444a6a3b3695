import { examples } from '#contract';
import type { OpenAPIObject } from '@nestjs/swagger';
import { purposes, type Samples } from './samples.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = Operation['responses'][string];

const reference = { $ref: '#/components/schemas/Answer' };

/** Statuses that the decorators describe keep their text and schema. */
const withSample = (described: Response | undefined, description: string, example: unknown): Response => {
  const known = described && 'description' in described ? described : undefined;
  const content = known?.content?.['application/json'] ?? { schema: reference };
  return { description, ...known, content: { 'application/json': { ...content, example } } };
};

/** What operations answer when they fail, by their ids. */
const failuresOf = (samples: Samples): Readonly<Record<string, Readonly<Record<string, unknown>>>> => ({
  runTasks: { '4XX': samples.refusedTask, '5XX': samples.failedTask },
  cutOut: { '4XX': samples.refusedCutout, '5XX': samples.slowCutout },
  followTask: { '4XX': samples.noSuchTask, '5XX': samples.fault },
  getImage: { '404': samples.noSuchImage, '410': samples.imageGone, '5XX': samples.fault },
  createJob: { '4XX': samples.refusedJob, '5XX': samples.fault },
  getJob: { '4XX': samples.noSuchJob, '5XX': samples.fault },
  listJobItems: { '4XX': samples.noSuchJob, '5XX': samples.fault },
  cancelJob: { '4XX': samples.noSuchJob, '5XX': samples.fault },
  getJobResults: { '4XX': samples.noSuchJob, '5XX': samples.fault },
  ready: { '4XX': samples.noHttp, '503': samples.waiting },
});

const descriptions: Readonly<Record<string, string>> = {
  '4XX': 'The request is faulty.',
  '5XX': 'Something failed on our side; try again.',
};

const describeFailures = ({ operationId = '', responses }: Operation, samples: Samples): void => {
  const others = { '4XX': samples.noHttp, '5XX': samples.fault };
  for (const [status, sample] of Object.entries(failuresOf(samples)[operationId] ?? others))
    responses[status] = withSample(responses[status], descriptions[status] ?? '', sample);
};

/** One small task for each purpose, from which Swagger UI lets its user choose. */
const requests = () =>
  Object.fromEntries(
    Object.entries(purposes).map(([name, summary]) => {
      const value = [examples[name as keyof typeof examples]];
      return [name, { summary, value }];
    }),
  );

const describeTasks = (operation: Operation, samples: Samples): void => {
  const { requestBody, responses } = operation;
  if (requestBody && 'content' in requestBody)
    Object.assign(requestBody.content['application/json'] ?? {}, { examples: requests() });
  responses['200'] = withSample(responses['200'], '', samples.succeeded);
};

/** A body need not be a form, and none is needed for the address of an image in the query. */
const describeCutout = ({ requestBody }: Operation): void => {
  if (!requestBody || !('content' in requestBody)) return;
  const image = { schema: { type: 'string', format: 'binary' } };
  Object.assign(requestBody.content, { 'image/*': image, 'application/octet-stream': image });
  requestBody.required = false;
};

/** Adds to the operations what Nest's decorators do not say: samples, and that most need no key. */
export const describeOperations = ({ paths }: OpenAPIObject, samples: Samples): void => {
  for (const operation of Object.values(paths).flatMap((path) => [
    path.get,
    path.post,
    path.put,
    path.delete,
  ])) {
    if (!operation) continue;
    operation.security ??= [];
    describeFailures(operation, samples);
    if (operation.operationId === 'runTasks') describeTasks(operation, samples);
    if (operation.operationId === 'cutOut') describeCutout(operation);
  }
};
