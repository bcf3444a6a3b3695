import { timedStages, type RunFacts, type StageColumns, type Success, type TaskRow } from '#database';
import { contentTypeOf } from '#imaging';
import { costOf, withoutNetwork } from '#models';
import type { Durations } from '#telemetry';
import type { ResultFacts } from './remove-background.js';
import { outputKey, type WorkItem } from './work-item.js';

/** What came of a stage: the task moves on to the next one, or it has succeeded. */
export type StageEnd =
  | { readonly next: 'device'; readonly stages: StageColumns }
  | { readonly next: 'upload'; readonly success: Success; readonly remoteHost: string }
  | { readonly next: 'end'; readonly success: Success }
  | { readonly next: 'end'; readonly stages: StageColumns };

/** What earlier stages of the task took. */
export const durationsOf = (task: TaskRow): Durations =>
  Object.fromEntries(
    timedStages.flatMap((stage) => (task[`${stage}Ms`] === null ? [] : [[stage, task[`${stage}Ms`]]])),
  );

export const toColumns = (durations: Durations): StageColumns =>
  Object.fromEntries(Object.entries(durations).map(([stage, ms]) => [`${stage}Ms`, ms]));

export type Ran = Pick<RunFacts, 'provider' | 'device'> & { readonly durations: Durations };

const canvasPixelsOf = ({ composition }: ResultFacts['finish']): number =>
  composition ? composition.width * composition.height : 0;

/** The columns of a task that succeeded. */
export const toSuccess = (
  item: WorkItem,
  { image, finish, isTouchUp }: ResultFacts,
  { provider, device, durations }: Ran,
): Success => {
  const { task, request, served } = item;
  const contentType = contentTypeOf(request.outputFormat);
  const { outputImageId: id, ownerId } = task;
  const unknownPixels = finish.unknownPixels ?? 0;
  return {
    image: { id, ownerId, storageKey: outputKey(item), contentType, ...image },
    cost: costOf(isTouchUp ? withoutNetwork : served.model, unknownPixels, canvasPixelsOf(finish)),
    run: isTouchUp ? undefined : { provider, device, weightsSha256: served.sha256 },
    finish,
    stages: toColumns(durations),
  };
};
