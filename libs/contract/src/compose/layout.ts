import { pixelsOf, type Length } from './length.js';
import type { ComposePlan } from './plan.js';

export type Size = { readonly width: number; readonly height: number };
/** Pixels from the upper left corner. */
export type Box = Size & { readonly x: number; readonly y: number };

/** Where a subject lands. It may reach over the canvas. */
export type Layout = { readonly canvas: Size; readonly subject: Box };

type Measured = Pick<ComposePlan, 'size' | 'ratio' | 'margin' | 'outline' | 'fit' | 'anchor' | 'maxUpscale'>;

/** What stays free on each side: the margin, and the outline, which belongs to the subject. */
const insetOf = ({ margin, outline }: Pick<ComposePlan, 'margin' | 'outline'>): Length => ({
  px: margin.px + (outline?.width.px ?? 0),
  share: margin.share + (outline?.width.share ?? 0),
});

/** Pixels. */
const NEAR = 3;

/** The smallest canvas for a subject of that size and what stays free around it. */
const hugging = ({ width, height }: Size, { px, share }: Length, ratio: number | null): Size => {
  if (ratio === null) {
    const inset = Math.round(px + (share * (Math.min(width, height) + 2 * px)) / (1 - 2 * share));
    return { width: width + 2 * inset, height: height + 2 * inset };
  }
  // The shorter side counts as 1, and the inset is px + share of it.
  const [across, down] = ratio >= 1 ? [ratio, 1] : [1, 1 / ratio];
  const about = Math.max((width + 2 * px) / (across - 2 * share), (height + 2 * px) / (down - 2 * share));
  const canvasOf = (shorter: number) => ({
    width: Math.ceil(shorter * across),
    height: Math.ceil(shorter * down),
  });
  // The inset is rounded, so the exact size is near.
  let shorter = Math.max(1, Math.floor(about) - NEAR);
  for (const last = Math.ceil(about) + NEAR; shorter < last; shorter++) {
    const canvas = canvasOf(shorter);
    const inset = Math.round(pixelsOf({ px, share }, canvas));
    if (canvas.width >= width + 2 * inset && canvas.height >= height + 2 * inset) break;
  }
  return canvasOf(shorter);
};

const scaleOf = ({ fit, maxUpscale, size }: Measured, subject: Size, room: Size): number => {
  if (fit === 'none' || size === null) return 1;
  const [across, down] = [room.width / subject.width, room.height / subject.height];
  return Math.min(fit === 'contain' ? Math.min(across, down) : Math.max(across, down), maxUpscale);
};

/** Where something of that length begins in a side. */
const begin = (anchor: 'start' | 'middle' | 'end', inset: number, side: number, length: number): number => {
  if (anchor === 'start') return inset;
  return anchor === 'end' ? side - inset - length : Math.floor((side - length) / 2);
};

/** The inset in pixels of a canvas; negative when it leaves no room. */
const roomOf = (plan: Measured, canvas: Size) => {
  const inset = Math.round(pixelsOf(insetOf(plan), canvas));
  return { inset, room: { width: canvas.width - 2 * inset, height: canvas.height - 2 * inset } };
};

/** Whether margin and outline leave a pixel of the canvas, as far as it is known without the subject. */
export const hasRoom = (plan: Measured): boolean => {
  if (plan.size === null) return insetOf(plan).share < 0.48;
  const { room } = roomOf(plan, plan.size);
  return Math.min(room.width, room.height) >= 1;
};

/**
 * The canvas, and the place of the subject on it.
 *
 * @param subject its size in the photo; one that is larger never gets a smaller canvas
 */
export const layOut = (plan: Measured, subject: Size): Layout => {
  const canvas = plan.size ?? hugging(subject, insetOf(plan), plan.ratio);
  const { inset, room } = roomOf(plan, canvas);
  const scale = scaleOf(plan, subject, room);
  const [width, height] = [subject.width, subject.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  const placed = { width: width ?? 1, height: height ?? 1 };
  const x = begin(plan.anchor.across, inset, canvas.width, placed.width);
  const y = begin(plan.anchor.down, inset, canvas.height, placed.height);
  return { canvas, subject: { x, y, ...placed } };
};
