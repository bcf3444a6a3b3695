import type { Item } from './http.js';
import type { Ended, Progress } from './types.js';

/** How a task stands, by one item of an answer. */
export type State = { readonly ended: Ended } | { readonly progress: Progress };

const stages = ['waiting', 'fetch', 'device', 'upload'] as const;

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** An item with an image is a result, one without is on its way. */
export const stateOf = (taskUUID: string, item: Item | undefined): State => {
  if (item && (typeof item['imageUUID'] === 'string' || item['status'] === 'success'))
    return { ended: { ...item, taskUUID } as unknown as Ended };
  const stage = stages.find((each) => each === item?.['stage']) ?? 'accepted';
  return {
    progress: {
      taskUUID,
      stage,
      queuePosition: numberOf(item?.['queuePosition']),
      estimatedStartS: numberOf(item?.['estimatedStartS']),
      ...(item?.['waitsForWorker'] === true && { waitsForWorker: true }),
    },
  };
};
