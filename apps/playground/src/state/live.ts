import { effect, signal } from '@preact/signals';
import { chosen } from './chosen.js';
import { isBusy } from './photo.js';
import { selected, type Entry } from './photos.js';
import { redo } from './queue.js';
import { optionsOf } from './settings.js';

/** Sliders move through many values; only the one on which they rest is of use. */
const REST_MS = 350;

/** The photo that was selected when a setting changed just now, and that is about to follow. */
export const following = signal<Entry | undefined>(undefined);

const rerun = ({ photo }: Entry): boolean => {
  const { stage, task, result } = photo.peek();
  const wanted = JSON.stringify(optionsOf(chosen.peek()));
  if (isBusy(photo.peek())) return task !== undefined && (task.plainOptions ?? task.options) !== wanted;
  return stage === 'failed' || (stage === 'done' && (result?.plainOptions ?? result?.options) !== wanted);
};

/** When the settings change, does the selected photo anew, whichever is selected afterwards. */
export const followSettings = (): void => {
  let isFirst = true;
  effect(() => {
    void chosen.value;
    if (isFirst) {
      isFirst = false;
      return undefined;
    }
    const entry = selected.peek();
    following.value = entry;
    const timer = setTimeout(() => {
      following.value = undefined;
      if (entry && rerun(entry)) redo([entry]);
    }, REST_MS);
    return () => clearTimeout(timer);
  });
};
