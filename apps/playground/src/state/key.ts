import { signal } from '@preact/signals';
import { keptValue } from './kept-value.js';

const NAME = 'clearcut-key';

/** The key that the link of `npm start` carries. It leaves the address at once, and so the history. */
const fromAddress = (): string | undefined => {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key === null) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  return key.trim() || undefined;
};

const session = keptValue(NAME, () => sessionStorage);
const lasting = keptValue(NAME);

/** The API key; undefined until a person gives one. */
export const apiKey = signal<string | undefined>(undefined);
export const isRemembered = signal(false);

/** Keeps the key for this tab, or on this device when the person wishes so. */
export const useKey = (key: string, remember: boolean): void => {
  apiKey.value = key;
  isRemembered.value = remember;
  session.write(key);
  lasting.write(remember ? key : undefined);
};

export const forgetKey = (): void => {
  apiKey.value = undefined;
  session.write(undefined);
  lasting.write(undefined);
};

export const findKey = (): void => {
  const given = fromAddress();
  const kept = lasting.read();
  if (given) return useKey(given, kept !== undefined);
  apiKey.value = session.read() ?? kept;
  isRemembered.value = kept !== undefined;
};
