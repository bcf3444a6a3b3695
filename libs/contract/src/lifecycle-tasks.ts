import { z } from 'zod';
import { examples } from './examples.js';
import { TaskStatus } from './lifecycle.js';
import { TaskUUID } from './task-uuid.js';

export const CancelTask = z
  .strictObject({
    taskType: z.literal('cancelTask'),
    taskUUID: TaskUUID.optional().meta({ description: 'The taskUUID of the task to cancel.' }),
    all: z.boolean().optional().meta({
      description:
        'Cancels all tasks of this key that wait, in place of one; taskUUID then only names the answer.',
    }),
  })
  .meta({
    id: 'CancelTask',
    examples: [examples.cancelTask],
    description:
      'Cancels a task: at once if it waits, within about a second if it runs. Its callers and its webhook get taskCancelled, and it costs nothing. Runware does not have it.',
  });
export type CancelTask = z.infer<typeof CancelTask>;

export const Moment = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-28T09:00:00Z' });

export const ListTasks = z
  .strictObject({
    taskType: z.literal('listTasks'),
    taskUUID: TaskUUID.optional().meta({ description: 'Names the answer.' }),
    status: TaskStatus.optional(),
    model: z
      .string()
      // Only visible ASCII: Postgres stores no NUL.
      .regex(/^[!-~]+$/, 'must be the AIR id of a model')
      .optional()
      .meta({ description: 'AIR id of the model.' }),
    from: Moment.optional().meta({
      description: 'Accepted at this time or later, such as 2026-11-28T09:00:00Z.',
    }),
    to: Moment.optional().meta({ description: 'Accepted before this time.' }),
    limit: z.int().min(1).max(100).default(20),
    cursor: z.uuid().optional().meta({ description: 'From the page before.' }),
  })
  .meta({
    id: 'ListTasks',
    examples: [examples.listTasks],
    description: "Lists the tasks of the key's owner, newest first. Runware does not have it.",
  });
export type ListTasks = z.infer<typeof ListTasks>;
