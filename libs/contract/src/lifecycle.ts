import { z } from 'zod';
import { ProblemCode } from './problems.js';

/** What became of a task, for callers. */
export const TaskStatus = z
  .enum(['waiting', 'running', 'success', 'error', 'cancelled'])
  .meta({ description: 'How a task stands, or how it ended.' });
export type TaskStatus = z.infer<typeof TaskStatus>;

/** What a task that has not ended is doing. */
export const standingFields = {
  stage: z.enum(['waiting', 'fetch', 'device', 'upload']).optional().meta({
    description:
      'waiting, or what it is in: the fetch of its image, the model on the device, the upload of its result.',
  }),
  queuePosition: z.int().min(1).max(1000).optional().meta({
    description:
      "Its place among the key's own waiting tasks of this model; 1000 means 1,000 or further behind.",
  }),
  estimatedStartS: z.int().min(0).optional().meta({
    description:
      "Seconds until it is its turn, from the rate at which the model's tasks ended within the last minute. Absent when there was none.",
  }),
  waitsForWorker: z.literal(true).optional().meta({
    description: 'Present while it waits and no worker serves its model. It goes on by itself once one does.',
  }),
};

export const CancelAnswer = z
  .strictObject({
    taskType: z.literal('cancelTask'),
    taskUUID: z.string().optional(),
    status: z.enum(['cancelled', 'cancelling', 'success', 'error']).meta({
      description:
        'cancelled: it was stopped, now or before. cancelling: its worker is about to stop it. success, error: it had ended so.',
    }),
    cancelled: z
      .int()
      .optional()
      .meta({ description: 'With `all`: the number of tasks that were cancelled.' }),
  })
  .meta({ id: 'CancelAnswer', description: 'What became of the task that was to be cancelled.' });

const ListedTask = z
  .strictObject({
    taskType: z.string(),
    taskUUID: z.string(),
    model: z.string().optional(),
    status: TaskStatus,
    priority: z.enum(['low', 'normal', 'high']),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
    deadlineAt: z.iso.datetime().optional(),
    imageUUID: z.uuid().optional().meta({ description: 'Of the result; present when it succeeded.' }),
    cost: z.number().optional().meta({ description: 'USD; present when it succeeded.' }),
    problem: ProblemCode.optional().meta({ description: 'Why it failed.' }),
  })
  .meta({ id: 'ListedTask' });
export type ListedTask = z.infer<typeof ListedTask>;

export const TaskList = z
  .strictObject({
    taskType: z.literal('listTasks'),
    taskUUID: z.string().optional(),
    tasks: z.array(ListedTask),
    cursor: z.string().optional().meta({
      description:
        'Send it for the next page. A page may hold fewer tasks than `limit`, even none, and go on.',
    }),
  })
  .meta({ id: 'TaskList', description: 'Tasks of this key, newest first.' });
