import type { OpenAPIObject } from '@nestjs/swagger';
import type { Samples } from './samples.js';

/** The calls that the service makes to a task's `webhookURL`. */
export const webhooks = (samples: Samples): NonNullable<OpenAPIObject['webhooks']> => ({
  taskEnded: {
    post: {
      operationId: 'taskEnded',
      summary: 'A task with a webhookURL has ended.',
      description:
        'Sent at least once for each task: again after any other answer than 2XX, with growing pauses. The receiver has ten seconds to answer.',
      tags: ['Tasks'],
      security: [],
      parameters: [
        {
          name: 'webhook-id',
          in: 'header',
          required: true,
          description: 'The same for every attempt, so that a repetition can be recognised.',
          schema: { type: 'string' },
        },
      ],
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
      responses: {
        '2XX': { description: 'The receiver has it; it is not sent again.' },
        '4XX': { description: 'It is sent again later; after 410 it is not.' },
        '5XX': { description: 'It is sent again later.' },
      },
    },
  },
});
