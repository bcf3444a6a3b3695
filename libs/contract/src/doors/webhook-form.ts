import { z } from 'zod';

/** The service in whose form the end of a task is told to its webhook. */
export const WebhookForm = z.enum(['replicate']);
export type WebhookForm = z.infer<typeof WebhookForm>;
