import { effect, signal } from '@preact/signals';
import { chosen } from './chosen.js';
import { isBusy } from './photo.js';
import { selected, type Entry } from './photos.js';
import { redo } from './queue.js';
import { optionsOf } from './settings.js';

/** Sliders move through many values; only the one on which they rest is of use. */
const REST_MS = 350;

/** A setting has just changed, and the selected photo is about to follow. */
export const isFollowing = signal(false);

const rerun = ({ photo }: Entry): boolean => {
  const { stage, task, result } = photo.peek();
  const wanted = JSON.stringify(optionsOf(chosen.peek()));
  if (isBusy(photo.peek())) return task !== undefined && (task.plainOptions ?? task.options) !== wanted;
  return stage === 'failed' || (stage === 'done' && (result?.plainOptions ?? result?.options) !== wanted);
};

/** Does the selected photo anew when the settings change. */
export const followSettings = (): void => {
  let isFirst = true;
  effect(() => {
    void chosen.value;
    if (isFirst) {
      isFirst = false;
      return undefined;
    }
    isFollowing.value = true;
    const timer = setTimeout(() => {
      isFollowing.value = false;
      const entry = selected.peek();
      if (entry && rerun(entry)) redo([entry]);
    }, REST_MS);
    return () => clearTimeout(timer);
  });
};
