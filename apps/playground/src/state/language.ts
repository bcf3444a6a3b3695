import { computed, effect, signal } from '@preact/signals';
import { remedyOf } from '#client/browser';
import { de } from '../texts/de.js';
import { en } from '../texts/en.js';
import { remediesDe } from '../texts/remedies-de.js';
import type { Texts } from '../texts/texts.js';
import { keptValue } from './kept-value.js';

/** Every language of the page. Another one is a file beside these and an entry here. */
export const languages = { en: { name: 'English', texts: en }, de: { name: 'Deutsch', texts: de } } as const;
export type Language = keyof typeof languages;

const isLanguage = (text: string): text is Language => Object.hasOwn(languages, text);

const preferred = (): Language =>
  navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => isLanguage(tag)) ?? 'en';

const kept = keptValue('clearcut-language');
const known = kept.read() ?? '';

export const language = signal<Language>(isLanguage(known) ? known : preferred());

/** The texts in the language of now. */
export const texts = computed<Texts>(() => languages[language.value].texts);

/** What to do about an error, in the language of now. */
export const remedyText = (code: string): string | undefined =>
  (language.value === 'de' ? remediesDe[code] : undefined) ?? remedyOf(code);

export const chooseLanguage = (next: string): void => {
  if (!isLanguage(next)) return;
  language.value = next;
  kept.write(next);
};

effect(() => {
  document.documentElement.lang = language.value;
});

/** A number as people of the language write it. */
export const numberText = (value: number, digits = 1): string =>
  value.toLocaleString(language.value, { maximumFractionDigits: digits, minimumFractionDigits: digits });
