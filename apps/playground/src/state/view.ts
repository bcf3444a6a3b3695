import { signal } from '@preact/signals';

export type Mode = 'compare' | 'cutout' | 'photo' | 'alpha';
export type Backdrop = 'checker' | 'white' | 'colour' | 'picture';

export const mode = signal<Mode>('compare');
export const backdrop = signal<Backdrop>('checker');
export const backdropColour = signal('#f4d35e');
/** Address of the person's own picture. */
export const backdropPicture = signal<string | undefined>(undefined);

/** Device pixels for a pixel of the photo; undefined fits it in. */
export const zoom = signal<number | undefined>(undefined);

export const usePicture = (file: Blob): void => {
  if (backdropPicture.peek()) URL.revokeObjectURL(backdropPicture.peek() ?? '');
  backdropPicture.value = URL.createObjectURL(file);
  backdrop.value = 'picture';
};

const LARGEST = 16;
const SMALLEST = 0.05;

/** The next step up or down: powers of two. */
export const stepZoom = (now: number, direction: 1 | -1): number => {
  const step = direction > 0 ? Math.floor(Math.log2(now) + 1.001) : Math.ceil(Math.log2(now) - 1.001);
  return Math.min(LARGEST, Math.max(SMALLEST, 2 ** step));
};
