import {
  booleanIn,
  invalid,
  numberIn,
  requireUrl,
  textIn,
  unsupported,
  without,
  type Sent,
} from '../parameters.js';

/** The kinds of shadow that remove.bg has. */
const shadows = new Set(['none', 'auto', 'car', '3d', 'drop']);

/** Pixels on all sides. A share would be one of the subject, and that of a composition is one of the canvas. */
const marginOf = (sent: Sent, isCropped: boolean): number | undefined => {
  const text = textIn(sent, 'crop_margin');
  if (text === undefined || /^0(px|%)?$/.test(text)) return undefined;
  if (!isCropped) throw unsupported('crop_margin', "it is for 'crop=true'");
  const [, pixels] = /^(\d{1,5})(?:px)?$/.exec(text) ?? [];
  if (pixels === undefined)
    throw unsupported('crop_margin', 'this service takes one number of pixels, such as 30px');
  return Number(pixels);
};

const shadowOf = (sent: Sent): Sent | undefined => {
  const type = textIn(sent, 'shadow_type')?.toLowerCase() ?? 'none';
  if (!shadows.has(type)) throw invalid('shadow_type', `it must be one of ${[...shadows].join(', ')}`);
  if (booleanIn(sent, 'add_shadow')) throw unsupported('add_shadow', 'see shadow_type');
  const percent = numberIn(sent, 'shadow_opacity', 0, 100);
  if (type === 'none') return undefined;
  if (type !== 'drop') throw unsupported('shadow_type', 'this service draws a drop shadow alone');
  return { type: 'drop', ...(percent !== undefined && { opacity: percent / 100 }) };
};

/**
 * The composition that a request asks for: the subject alone, another background, a shadow. None by default.
 *
 * @throws TaskError
 */
export const readCompose = (sent: Sent): Sent | undefined => {
  const isCropped = booleanIn(sent, 'crop') === true;
  const margin = marginOf(sent, isCropped);
  const shadow = shadowOf(sent);
  const hasImage = textIn(sent, 'bg_image_url') !== undefined;
  if (!isCropped && !shadow && !hasImage) return undefined;
  return without({
    trim: { part: isCropped ? 'all' : 'none' },
    margin,
    background: hasImage ? { image: requireUrl(sent, 'bg_image_url') } : undefined,
    shadow,
  });
};
