import { TaskError } from '#contract';
import { RemovalRequest, type ClaimedTask, type TaskRow } from '#database';
import { extensionOf } from '#imaging';
import { imageKey } from '#storage';
import type { Models, ServedModel } from '#pipeline';

/** The bytes of a task's images. */
export type TaskImages = {
  readonly bytes: Uint8Array;
  /** Those besides the one that is cut out, by the parameters that named them. */
  readonly further: ReadonlyMap<string, Uint8Array>;
};

/** A claimed task with its validated request. */
export type WorkItem = {
  readonly task: ClaimedTask;
  readonly request: RemovalRequest;
  readonly served: ServedModel;
};

/** @throws TaskError modelUnavailable */
export const toWorkItem = (task: ClaimedTask, models: Models['served']): WorkItem => {
  const served = models.get(task.model ?? '');
  if (!served) throw new TaskError('modelUnavailable', `This worker does not serve ${task.model}.`);
  return { task, request: RemovalRequest.parse(task.request), served };
};

/** Where the cutout is stored. The key depends on the task only, so a later attempt overwrites it. */
export const outputKey = ({
  task,
  request,
}: {
  readonly task: TaskRow;
  readonly request: RemovalRequest;
}): string => imageKey('outputs', task.outputImageId, extensionOf(request.outputFormat));
