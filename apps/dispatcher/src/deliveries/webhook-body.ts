import { TaskError, toErrorItem, toWebhookBody } from '#contract';
import { routingOfTask, taskOutcome, type OutcomeReader, type TaskRow } from '#database';

/** What the receiver is told of an ended task: the answer that getResponse gives, too. */
export const webhookBody = async (reader: OutcomeReader, task: TaskRow): Promise<string> => {
  try {
    const outcome = await taskOutcome(reader, task);
    return JSON.stringify(toWebhookBody(outcome));
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return JSON.stringify(toWebhookBody({ error: toErrorItem(error, routingOfTask(task)) }));
  }
};
