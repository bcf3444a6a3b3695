import { z } from 'zod';
import { Moment } from './lifecycle-tasks.js';
import { TaskUUID } from './task-uuid.js';

const WebhookState = z
  .enum(['pending', 'delivered', 'failed', 'stopped'])
  .meta({ description: 'failed: all attempts were used. stopped: the receiver answered 410.' });

const from = Moment.optional().meta({
  description: 'Of tasks that were accepted at this time or later, such as 2026-11-28T09:00:00Z.',
});
const to = Moment.optional().meta({ description: 'Of tasks that were accepted before this time.' });

export const ListWebhooks = z
  .strictObject({
    taskType: z.literal('listWebhooks'),
    taskUUID: TaskUUID.optional().meta({ description: 'Names the answer.' }),
    webhookId: z.uuid().optional().meta({ description: 'Only this one, by its webhook-id.' }),
    status: WebhookState.optional(),
    from,
    to,
    limit: z.int().min(1).max(100).default(20),
    cursor: z.uuid().optional().meta({ description: 'From the page before.' }),
  })
  .meta({
    id: 'ListWebhooks',
    examples: [{ taskType: 'listWebhooks', status: 'failed', limit: 50 }],
    description:
      "Lists the webhooks of the owner's tasks with their attempts, those of the latest tasks first. Runware does not have it.",
  });
export type ListWebhooks = z.infer<typeof ListWebhooks>;

export const ReplayWebhooks = z
  .strictObject({
    taskType: z.literal('replayWebhooks'),
    taskUUID: TaskUUID.optional().meta({ description: 'The taskUUID of the task whose webhook failed.' }),
    all: z.boolean().optional().meta({
      description:
        'Replays all that failed, or those of `from` to `to`, in place of one; taskUUID then only names the answer.',
    }),
    from,
    to,
  })
  .meta({
    id: 'ReplayWebhooks',
    examples: [{ taskType: 'replayWebhooks', all: true, from: '2026-11-28T09:00:00Z' }],
    description:
      'Sends failed webhooks again, with all their attempts and the same webhook-id, for seven days after they failed. Runware does not have it.',
  });
export type ReplayWebhooks = z.infer<typeof ReplayWebhooks>;

const WebhookAttempt = z
  .strictObject({
    at: z.iso.datetime(),
    ms: z.number(),
    status: z.int().optional().meta({ description: 'HTTP status of the answer.' }),
    error: z.string().optional().meta({ description: 'Why there was no answer.' }),
  })
  .meta({ id: 'WebhookAttempt' });

const Webhook = z
  .strictObject({
    webhookId: z.uuid().meta({ description: 'The header webhook-id of all attempts.' }),
    taskUUID: z.string(),
    host: z.string().meta({ description: 'Host and port of the webhookURL.' }),
    status: WebhookState,
    attempts: z.int().meta({ description: 'Since it began, or was replayed.' }),
    createdAt: z.iso.datetime(),
    nextAttemptAt: z.iso.datetime().optional().meta({ description: 'While it is pending.' }),
    endedAt: z.iso.datetime().optional(),
    canReplay: z.boolean(),
    log: z.array(WebhookAttempt).meta({ description: 'Its latest attempts, oldest first.' }),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof Webhook>;

export const WebhookList = z
  .strictObject({
    taskType: z.literal('listWebhooks'),
    taskUUID: z.string().optional(),
    webhooks: z.array(Webhook),
    cursor: z.string().optional().meta({
      description:
        'Send it for the next page. A page may hold fewer webhooks than `limit`, even none, and go on.',
    }),
  })
  .meta({ id: 'WebhookList', description: "Webhooks of the owner's tasks." });

export const ReplayedWebhooks = z
  .strictObject({
    taskType: z.literal('replayWebhooks'),
    taskUUID: z.string().optional(),
    replayed: z.int().meta({ description: 'How many are sent again, 10,000 at most; repeat it for more.' }),
  })
  .meta({ id: 'ReplayedWebhooks' });
