import { computed, signal } from '@preact/signals';
import { entries } from './photos.js';
import { optionsOf, plain, type Settings } from './settings.js';

/** The settings of now. */
export const chosen = signal<Settings>(plain);

const options = computed(() => JSON.stringify(optionsOf(chosen.value)));

/** Done photos that other settings made. */
export const outdated = computed(() =>
  entries.value.filter(({ photo }) => {
    const { stage, result } = photo.value;
    return stage === 'done' && (result?.plainOptions ?? result?.options) !== options.value;
  }),
);
