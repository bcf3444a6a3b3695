import { computed, signal } from '@preact/signals';
import { cutoutOf } from './cutouts.js';
import type { Painted } from './photo.js';
import { entries, selected, update, type Entry } from './photos.js';
import { after, before } from './preview.js';
import { sendTask } from './queue.js';
import { client, notice } from './service.js';
import type { Options } from './settings.js';
import { keepPhoto } from './store.js';
import { radiusFor, toHint, type Stroke, type Tool } from './strokes.js';

/** Whether the person paints on the result. */
export const isPainting = signal(false);
export const tool = signal<Tool>('keep');
/** Share of the photo's longer side. */
export const brushShare = signal(0.03);

/** The size of the photo. A browser that cannot show it shows the result. */
export const photoSize = computed(() => before.value ?? after.value);

/** The brush in pixels of the photo. */
export const brushSize = computed(() => {
  const { width, height } = photoSize.value ?? { width: 0, height: 0 };
  return Math.max(1, Math.round(brushShare.value * Math.max(width, height)));
});

const plainOptionsOf = ({ photo }: Entry): string | undefined => {
  const { result } = photo.value;
  return result?.plainOptions ?? result?.options;
};

const none: readonly Stroke[] = [];

/** A result that other settings made anew has no strokes. */
const paintedOn = (entry: Entry | undefined): Painted => {
  const options = entry && plainOptionsOf(entry);
  const known = entry?.photo.value.painted;
  if (!known || known.options !== options) return { strokes: none, applied: none, options };
  return entry.photo.value.result?.plainOptions === undefined ? { ...known, applied: none } : known;
};

const paint = (entry: Entry, change: Partial<Painted>): void => {
  update(entry, { painted: { ...paintedOn(entry), ...change } });
  void keepPhoto(entry);
};

const now = computed(() => paintedOn(selected.value));

/** The strokes on the selected photo. */
export const strokes = computed(() => now.value.strokes);
/** Those that are not in the result yet. */
export const fresh = computed(() => strokes.value.filter((stroke) => !now.value.applied.includes(stroke)));
/** Whether the result has other strokes. */
export const isChanged = computed(
  () => fresh.value.length > 0 || strokes.value.length < now.value.applied.length,
);

export const addStroke = (entry: Entry, stroke: Stroke): void =>
  paint(entry, { strokes: [...paintedOn(entry).strokes, stroke] });

export const undo = (): void => {
  const entry = selected.peek();
  if (entry) paint(entry, { strokes: strokes.peek().slice(0, -1) });
};

const parse = (options: string | undefined): Options => JSON.parse(options ?? '{}') as Options;

/** The result without strokes. One that was touched up names it. */
const baseOf = async (entry: Entry): Promise<string> => {
  const { base } = parse(entry.photo.peek().result?.options).refine ?? {};
  return typeof base === 'string' ? base : (await cutoutOf(entry)).imageUUID;
};

type Hint = { readonly hint: string; readonly hintRadius: number };

/** On a canvas or an opaque ground the mask of the photo is lost. */
const hasMask = (options: Options): boolean =>
  options.outputFormat !== 'JPG' && !options.settings?.rgba && !('compose' in options);

/**
 * A result without alpha is no mask, so the network runs again. Otherwise the base has what was done to the mask, but not
 * what was done to the colours.
 */
const withStrokes = (options: Options, base: string, hint: Hint | undefined): Options => {
  const { settings, refine, ...rest } = options;
  if (!hasMask(options)) return { ...options, refine: { ...refine, ...hint } };
  const { preset = 'none', alphaMatting, decontaminate } = refine ?? {};
  const isRecoloured = preset !== 'none' || alphaMatting || decontaminate;
  return {
    ...rest,
    ...(settings?.returnOnlyMask && { settings: { returnOnlyMask: true } }),
    refine: { ...(isRecoloured && { decontaminate: true }), base, ...hint },
  };
};

const send = async (entry: Entry, hint: Hint | undefined): Promise<void> => {
  const plainOptions = plainOptionsOf(entry);
  const options = withStrokes(parse(plainOptions), await baseOf(entry), hint);
  sendTask(entry, { options: JSON.stringify(options), plainOptions });
};

/** Whether strokes are on their way to the service. */
export const isSending = signal(false);

/** @returns undefined when the last stroke was taken back */
const uploadHint = async (drawn: readonly Stroke[]): Promise<Hint | undefined> => {
  const size = photoSize.peek();
  if (!size || drawn.length === 0) return undefined;
  const { imageUUID } = await client().upload(await toHint(drawn, size));
  return { hint: imageUUID, hintRadius: radiusFor(drawn) };
};

/** Sends the strokes of the selected photo, and then a task for each of these. */
const touchUp = async (list: readonly Entry[]): Promise<void> => {
  const drawn = strokes.peek();
  isSending.value = true;
  try {
    const hint = await uploadHint(drawn);
    for (const entry of list) {
      await send(entry, hint);
      paint(entry, { strokes: drawn, applied: drawn });
    }
  } catch (error) {
    notice.value = (error as Error).message;
  } finally {
    isSending.value = false;
  }
};

/** Touches the selected photo up. */
export const apply = (): Promise<void> => touchUp(selected.peek() ? [selected.peek()!] : []);

/** Photos on which the strokes of the selected one can be painted too. */
export const finished = computed(() => entries.value.filter(({ photo }) => photo.value.stage === 'done'));

/** Touches every finished photo up, as in a series shot with a fixed camera. */
export const applyToAll = (): Promise<void> => touchUp(finished.peek());
