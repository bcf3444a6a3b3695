import { signal } from '@preact/signals';

/** Which dialog is open. */
export const isKeyAsked = signal(false);
export const isCodeShown = signal(false);
export const isClearAsked = signal(false);
/** The settings are a dialog on narrow screens. */
export const areSettingsShown = signal(false);
