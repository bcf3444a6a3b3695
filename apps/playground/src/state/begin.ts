import { effect, signal } from '@preact/signals';
import { chosen } from './chosen.js';
import { isKeyAsked } from './dialogs.js';
import { apiKey, findKey } from './key.js';
import { followSettings } from './live.js';
import { followTime } from './pace.js';
import { followSelection } from './preview.js';
import { isBusy } from './photo.js';
import { entries, selectedId, type Entry } from './photos.js';
import { pump } from './queue.js';
import { loadModels, loadPresets, models, notice } from './service.js';
import { plain } from './settings.js';
import { keepSettings, openStore, type Kept } from './store.js';

/** False until it is known what an earlier tab left. */
export const isOpen = signal(false);

const toEntry = ({ photo, file }: Kept['photos'][number]): Entry => ({
  id: photo.id,
  file,
  // Work that was on its way is taken up again, by the UUID of its task.
  photo: signal(isBusy(photo) ? { ...photo, stage: 'ready' } : photo),
});

const takeUp = ({ photos, settings }: Kept): void => {
  if (settings) chosen.value = { ...plain, ...settings };
  entries.value = [...photos.map(toEntry), ...entries.peek()];
  selectedId.value ??= entries.peek()[0]?.id;
  if (apiKey.peek()) pump();
};

const chooseModel = (): void => {
  const usable = models.peek().filter(({ servedBy }) => servedBy.length > 0);
  if (usable.some(({ id }) => id === chosen.peek().model)) return;
  const [first] = usable;
  if (first) chosen.value = { ...chosen.peek(), model: first.id };
};

/** Asks for the key once there is something to do with it. */
const askForKey = (): void => {
  effect(() => {
    if (entries.value.length > 0 && !apiKey.value) isKeyAsked.value = true;
  });
};

/** Finds the key, the models, and what an earlier tab left. */
export const begin = async (): Promise<void> => {
  findKey();
  takeUp(await openStore());
  isOpen.value = true;
  effect(() => void keepSettings(chosen.value));
  followSelection();
  followSettings();
  followTime();
  askForKey();
  try {
    await Promise.all([loadModels(), loadPresets()]);
    chooseModel();
  } catch (error) {
    notice.value = (error as Error).message;
  }
};
