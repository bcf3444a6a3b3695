import { TaskError } from '../problems.js';
import type { Settings } from '../settings.js';
import { hasRoom } from './layout.js';
import type { Compose, ComposeOptions } from './options.js';
import { toPlan, type ComposePlan } from './plan.js';
import { withPreset, type Presets } from './presets.js';

/** Names the outline where it leaves no room by itself, otherwise the margin. */
const noRoom = (plan: ComposePlan) => {
  const isOutline = !hasRoom({ ...plan, margin: { px: 0, share: 0 } });
  const parameter = isOutline ? 'compose.outline.width' : 'compose.margin';
  const message = "'compose.margin' and 'compose.outline.width' leave no room for the subject.";
  return new TaskError('invalidParameter', message, { parameter });
};

/** `rgba` is the colour of the canvas, unless the composition has a background. */
const withRgba = (plan: ComposePlan, rgba: Settings['rgba']): ComposePlan => {
  if (!rgba || rgba[3] === 0) return plan;
  if (plan.ground.kind !== 'none') {
    const message = "'rgba' and 'compose.background' both say what is behind the subject; send one of them.";
    throw new TaskError('incompatibleParameters', message, { parameter: 'compose.background' });
  }
  const [red, green, blue, alpha] = rgba;
  const colour = [red, green, blue, Math.round(alpha > 1 ? alpha : alpha * 255)] as [
    number,
    number,
    number,
    number,
  ];
  return { ...plan, ground: { kind: 'colour', colour } };
};

/** The composition of a task, and its options with those of its preset. */
export type Composed = { readonly plan: ComposePlan; readonly options: ComposeOptions };

/** @throws TaskError when the options contradict each other, or the preset is unknown */
export const readCompose = (sent: Compose, rgba: Settings['rgba'], presets: Presets): Composed => {
  const options = withPreset(sent, presets);
  const plan = withRgba(toPlan(options), rgba);
  if (!hasRoom(plan)) throw noRoom(plan);
  return { plan, options };
};
