import type { OpenAPIObject } from '@nestjs/swagger';
import type { Samples } from './samples.js';

const header = (name: string, description: string) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema: { type: 'string' as const },
});

/** What every call carries. */
const parameters = [
  header('webhook-id', 'The same for every attempt, so that a repetition can be recognised.'),
  header('webhook-timestamp', 'When this attempt was made, in seconds since 1970.'),
  header(
    'webhook-signature',
    'v1, and the base64 of HMAC-SHA256 over webhook-id.webhook-timestamp.body. Two, with a blank between them, while a secret is rotated.',
  ),
];

/** What an answer of the receiver means. */
const responses = {
  '2XX': { description: 'The receiver has it; it is not sent again.' },
  '3XX': { description: 'Not followed; it is sent again later.' },
  '4XX': {
    description: 'It is sent again later, after Retry-After at the earliest; after 410 it is not.',
  },
  '5XX': { description: 'It is sent again later, after Retry-After at the earliest.' },
};

/** The calls that the service makes to a `webhookURL`. */
export const webhooks = (samples: Samples): NonNullable<OpenAPIObject['webhooks']> => ({
  taskEnded: {
    post: {
      operationId: 'taskEnded',
      summary: 'A task with a webhookURL has ended.',
      description:
        'Sent at least once for each task: again after any other answer than 2XX, with growing pauses. The receiver has ten seconds to answer. Signed by the Standard Webhooks with the secret of the owner, see docs/webhooks.md.',
      tags: ['Tasks'],
      security: [],
      parameters,
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/EndedTask' },
            examples: {
              succeeded: { summary: 'The task succeeded', value: samples.webhookOfSuccess },
              failed: { summary: 'The task failed', value: samples.webhookOfFailure },
            },
          },
        },
      },
      responses,
    },
  },
  jobEnded: {
    post: {
      operationId: 'jobEnded',
      summary: 'A job with a webhookURL has ended.',
      description: 'Sent and signed as the webhooks of tasks are, once for the whole job.',
      tags: ['Jobs'],
      security: [],
      parameters,
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/EndedJob' },
            examples: { ended: { summary: 'The job ended', value: { data: [samples.job] } } },
          },
        },
      },
      responses,
    },
  },
});
