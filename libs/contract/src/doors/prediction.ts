import type { Outcome } from '../answer.js';

/** What a prediction of Replicate's API tells of a task. A row of the database has these fields. */
export type PredictionTask = {
  readonly taskUuidSent: string;
  readonly model: string | null;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed';
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly inferMs: number | null;
};

type PredictionStatus = 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled';

/** @param outcome of an ended task */
const statusOf = ({ state }: PredictionTask, outcome: Outcome | undefined): PredictionStatus => {
  if (!outcome) return state === 'running' ? 'processing' : 'starting';
  if (state === 'succeeded') return 'succeeded';
  return 'error' in outcome && outcome.error.code === 'taskCancelled' ? 'canceled' : 'failed';
};

/** The address of the image, or its data URI. */
const outputOf = (outcome: Outcome | undefined): string | null => {
  if (!outcome || !('result' in outcome)) return null;
  const { result } = outcome;
  if (!('inputImageUUID' in result)) return null;
  return result.imageURL ?? result.imageDataURI ?? null;
};

/** A task as a prediction of Replicate's HTTP API. The result of one that succeeded may be deleted. */
export const toPrediction = (
  task: PredictionTask,
  outcome: Outcome | undefined,
  { publicUrl, input = {} }: { readonly publicUrl: string; readonly input?: object },
): Record<string, unknown> => {
  const id = task.taskUuidSent;
  const status = statusOf(task, outcome);
  const model = task.model ?? '';
  const output = outputOf(outcome);
  const address = `${publicUrl}/v1/predictions/${id}`;
  return {
    id,
    model,
    version: model,
    input,
    logs: '',
    output,
    data_removed: status === 'succeeded' && output === null,
    error: status === 'failed' && outcome && 'error' in outcome ? outcome.error.message : null,
    status,
    created_at: task.createdAt.toISOString(),
    started_at: task.startedAt?.toISOString() ?? null,
    completed_at: task.finishedAt?.toISOString() ?? null,
    metrics: task.inferMs === null ? {} : { predict_time: task.inferMs / 1000 },
    urls: { get: address, cancel: `${address}/cancel` },
  };
};
