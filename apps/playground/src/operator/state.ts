import { signal } from '@preact/signals';
import { readKeys, readOverview, type Key, type NewKey, type Overview } from './api.js';

const EVERY_MS = 5_000;

export const overview = signal<Overview | undefined>(undefined);
export const keys = signal<readonly Key[]>([]);
/** Why the last refresh or the last action failed. */
export const refreshFault = signal('');
export const actionFault = signal('');
export const isPaused = signal(false);

/** The dialog that is open. */
export type Dialog =
  | { readonly kind: 'create' }
  | { readonly kind: 'limits'; readonly key: Key }
  | { readonly kind: 'secret'; readonly made: NewKey }
  | {
      readonly kind: 'confirm';
      readonly question: string;
      readonly action: string;
      readonly act: () => Promise<unknown>;
    };
export const dialog = signal<Dialog | undefined>(undefined);

const reasonOf = (error: unknown): string => {
  if (error instanceof TypeError) return 'The service does not answer.';
  return error instanceof Error ? error.message : String(error);
};

export const refresh = async (): Promise<void> => {
  try {
    const [next, listed] = await Promise.all([readOverview(), readKeys()]);
    overview.value = next;
    keys.value = listed;
    refreshFault.value = '';
  } catch (error) {
    refreshFault.value = reasonOf(error);
  }
};

/** Whether an action runs. A second click on its button does nothing. */
export const isActing = signal(false);

/** Does what the operator asked for, and shows what came of it. @returns whether it was done */
export const act = async (work: () => Promise<unknown>): Promise<boolean> => {
  if (isActing.peek()) return false;
  isActing.value = true;
  actionFault.value = '';
  try {
    await work();
    return true;
  } catch (error) {
    actionFault.value = reasonOf(error);
    return false;
  } finally {
    isActing.value = false;
    await refresh();
  }
};

/** Asks before something that cannot be undone. */
export const confirm = (question: string, action: string, work: () => Promise<unknown>): void => {
  actionFault.value = '';
  dialog.value = { kind: 'confirm', question, action, act: work };
};

/** Reads again every few seconds, while somebody looks. */
export const keepFresh = (): void => {
  const tick = async () => {
    if (!document.hidden && !isPaused.peek()) await refresh();
    setTimeout(() => void tick(), EVERY_MS);
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !isPaused.peek()) void refresh();
  });
  void tick();
};
