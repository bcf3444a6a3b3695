import { z } from 'zod';
import { TaskError } from '../problems.js';
import { Length, toLength } from './length.js';
import type { ComposeOptions } from './options.js';

/** Red, green, blue and alpha, 0…255. */
const Rgba = z.tuple([z.int(), z.int(), z.int(), z.int()]);
export type ComposeColour = z.infer<typeof Rgba>;

const Ground = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('colour'), colour: Rgba }),
  z.object({ kind: z.literal('gradient'), from: Rgba, to: Rgba, angle: z.number() }),
  /** Its bytes are those of the task's further image. */
  z.object({ kind: z.literal('image'), fit: z.enum(['cover', 'contain']), colour: Rgba.nullable() }),
  z.object({ kind: z.literal('photo'), blur: Length }),
]);

const anchorNames = z.enum(['start', 'middle', 'end']);

/** A composition with all defaults filled in, in one form for all spellings. */
export const ComposePlan = z.object({
  trim: z.object({ threshold: z.int(), part: z.enum(['all', 'largest', 'none']) }),
  /** The canvas in pixels; null where it follows from the subject. */
  size: z.object({ width: z.int(), height: z.int() }).nullable(),
  /** Width by height of a canvas without a size; null where it hugs the subject. */
  ratio: z.number().nullable(),
  margin: Length,
  fit: z.enum(['contain', 'cover', 'none']),
  anchor: z.object({ across: anchorNames, down: anchorNames }),
  maxUpscale: z.number(),
  ground: Ground,
  shadow: z
    .object({
      type: z.enum(['drop', 'contact']),
      offsetX: Length,
      offsetY: Length,
      blur: Length,
      opacity: z.number(),
      colour: Rgba,
    })
    .nullable(),
  outline: z.object({ width: Length, colour: Rgba }).nullable(),
});
export type ComposePlan = z.infer<typeof ComposePlan>;

/** The parameter of a background image. */
export const BACKGROUND_IMAGE = 'compose.background.image';

const incompatible = (message: string, name: string) =>
  new TaskError('incompatibleParameters', message, { parameter: `compose.${name}` });

const toColour = (text: string): ComposeColour => {
  const digits = text.replace('#', '').padEnd(8, 'f');
  const part = (at: number) => Number.parseInt(digits.slice(at, at + 2), 16);
  return [part(0), part(2), part(4), part(6)];
};

type Background = NonNullable<ComposeOptions['background']>;

const requireOneGround = ({ color, gradient, image, fit, blur }: Background): void => {
  const kinds = Object.entries({ gradient, image, blur, color }).filter(([, value]) => value !== undefined);
  const [first, second] = kinds.map(([name]) => name);
  if (first && second && !(kinds.length === 2 && image && color)) {
    const message = `'compose.background' has both '${first}' and '${second}'; send one of them.`;
    throw incompatible(message, `background.${second}`);
  }
  if (fit && image === undefined) {
    const message = "'compose.background.fit' needs 'compose.background.image'.";
    throw incompatible(message, 'background.fit');
  }
};

const groundOf = ({ background = {} }: ComposeOptions): ComposePlan['ground'] => {
  requireOneGround(background);
  const { color, gradient, image, fit, blur } = background;
  const colour = color === undefined ? null : toColour(color);
  if (image !== undefined) return { kind: 'image', fit: fit ?? 'cover', colour };
  if (blur !== undefined) return { kind: 'photo', blur: toLength(blur) };
  if (gradient) {
    const { from, to, angle = 180 } = gradient;
    return { kind: 'gradient', from: toColour(from), to: toColour(to), angle };
  }
  return colour ? { kind: 'colour', colour } : { kind: 'none' };
};

const ratioOf = ({ aspectRatio }: ComposeOptions): number | null => {
  if (aspectRatio === undefined) return null;
  const [width = 1, height = 1] = aspectRatio.split(':').map(Number);
  return width / height;
};

const sizeOf = (options: ComposeOptions): ComposePlan['size'] => {
  const { width, height } = options;
  const ratio = ratioOf(options);
  if (width === undefined && height === undefined) return null;
  if (width !== undefined && height !== undefined) {
    if (ratio === null) return { width, height };
    const message =
      "'compose.width' and 'compose.height' already say the aspect ratio; send two of the three.";
    throw incompatible(message, 'aspectRatio');
  }
  const [sent, other] = width === undefined ? ['height', 'width'] : ['width', 'height'];
  if (ratio === null)
    throw incompatible(`'compose.${sent}' needs 'compose.${other}' or 'compose.aspectRatio'.`, sent);
  const toSide = (side: number) => Math.max(1, Math.round(side));
  return width === undefined
    ? { width: toSide((height ?? 1) * ratio), height: height ?? 1 }
    : { width, height: toSide(width / ratio) };
};

const anchorOf = ({ anchor = 'center' }: ComposeOptions): ComposePlan['anchor'] => {
  const has = (name: string) => anchor.split('-').includes(name);
  return {
    across: has('left') ? 'start' : has('right') ? 'end' : 'middle',
    down: has('top') ? 'start' : has('bottom') ? 'end' : 'middle',
  };
};

const shadowDefaults = {
  drop: { offsetY: '2%', blur: '2%', opacity: 0.35 },
  contact: { offsetY: 0, blur: '1%', opacity: 0.5 },
} as const;

const shadowOf = ({ shadow }: ComposeOptions): ComposePlan['shadow'] => {
  if (!shadow) return null;
  const { type = 'drop' } = shadow;
  const usual = shadowDefaults[type];
  const { offsetX = 0, offsetY = usual.offsetY, blur = usual.blur } = shadow;
  const { opacity = usual.opacity, color = '#000000' } = shadow;
  if (opacity === 0) return null;
  const lengths = { offsetX: toLength(offsetX), offsetY: toLength(offsetY), blur: toLength(blur) };
  return { type, ...lengths, opacity, colour: toColour(color) };
};

const outlineOf = ({ outline }: ComposeOptions): ComposePlan['outline'] => {
  if (!outline) return null;
  const width = toLength(outline.width ?? '1%');
  if (width.px === 0 && width.share === 0) return null;
  return { width, colour: toColour(outline.color ?? '#ffffff') };
};

/** @throws TaskError incompatibleParameters */
export const toPlan = (options: ComposeOptions): ComposePlan => {
  const size = sizeOf(options);
  return {
    trim: { threshold: options.trim?.threshold ?? 16, part: options.trim?.part ?? 'all' },
    size,
    ratio: size ? null : ratioOf(options),
    margin: toLength(options.margin ?? 0),
    fit: options.fit ?? 'contain',
    anchor: anchorOf(options),
    maxUpscale: options.maxUpscale ?? 2,
    ground: groundOf(options),
    shadow: shadowOf(options),
    outline: outlineOf(options),
  };
};

/** The parameter that a canvas is too large by. */
export const canvasParameterOf = ({ size, ratio }: Pick<ComposePlan, 'size' | 'ratio'>): string => {
  if (size) return 'compose.width';
  return ratio === null ? 'compose.margin' : 'compose.aspectRatio';
};
