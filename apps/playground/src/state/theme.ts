import { effect, signal } from '@preact/signals';
import { keptValue } from './kept-value.js';

const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const kept = keptValue('clearcut-theme');
const isTheme = (text: string | undefined): text is Theme => themes.includes(text as Theme);
const known = kept.read();

export const theme = signal<Theme>(isTheme(known) ? known : 'auto');

const systemIsDark = signal(false);
const query = matchMedia('(prefers-color-scheme: dark)');
const look = () => void (systemIsDark.value = query.matches);
look();
query.addEventListener('change', look);

export const chooseTheme = (next: Theme): void => {
  theme.value = next;
  kept.write(next === 'auto' ? undefined : next);
};

/** The order in which the button goes through them. */
export const nextTheme = (): Theme => themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto';

effect(() => {
  const isDark = theme.value === 'dark' || (theme.value === 'auto' && systemIsDark.value);
  document.documentElement.classList.toggle('wa-dark', isDark);
  document.documentElement.classList.toggle('wa-light', !isDark);
});
