import type { ComposeOptions } from '#client/browser';

/** What a person chose of the canvas. */
export type CanvasSettings = {
  /** Empty: the result has the size of the photo. `own`, or the name of a preset of the service. */
  readonly canvas: string;
  readonly canvasWidth: number;
  readonly canvasHeight: number;
  /** Per cent of the shorter side. */
  readonly canvasMargin: number;
  readonly anchor: 'top' | 'center' | 'bottom';
  /** `preset` leaves it to the preset. */
  readonly ground: 'preset' | 'clear' | 'colour' | 'gradient' | 'blur' | 'picture';
  readonly groundColour: string;
  readonly groundColour2: string;
  /** Per cent of the shorter side. */
  readonly groundBlur: number;
  /** UUID of the uploaded picture; empty before there is one. */
  readonly groundImage: string;
  readonly groundImageName: string;
  readonly shadow: 'preset' | 'none' | 'drop' | 'contact';
  /** Per cent of the shorter side; 0 leaves it to the preset. */
  readonly outline: number;
  readonly outlineColour: string;
};

export const noCanvas: CanvasSettings = {
  canvas: '',
  canvasWidth: 1200,
  canvasHeight: 1200,
  canvasMargin: 8,
  anchor: 'center',
  ground: 'preset',
  groundColour: '#ffffff',
  groundColour2: '#d5dae1',
  groundBlur: 4,
  groundImage: '',
  groundImageName: '',
  shadow: 'preset',
  outline: 0,
  outlineColour: '#ffffff',
};

const percent = (value: number) => `${value}%`;

type Background = NonNullable<ComposeOptions['background']>;

const grounds: {
  readonly [G in CanvasSettings['ground']]: (chosen: CanvasSettings) => Background | undefined;
} = {
  preset: () => undefined,
  clear: () => ({}),
  colour: ({ groundColour: color }) => ({ color }),
  gradient: ({ groundColour: from, groundColour2: to }) => ({ gradient: { from, to } }),
  blur: ({ groundBlur }) => ({ blur: percent(groundBlur) }),
  picture: ({ groundImage: image }) => (image ? { image } : undefined),
};

const shadowOf = ({ shadow, canvas }: CanvasSettings): ComposeOptions['shadow'] => {
  if (shadow === 'drop' || shadow === 'contact') return { type: shadow };
  return shadow === 'none' && canvas !== 'own' ? { opacity: 0 } : undefined;
};

const sizeOf = (chosen: CanvasSettings): ComposeOptions => ({
  width: chosen.canvasWidth,
  height: chosen.canvasHeight,
  margin: percent(chosen.canvasMargin),
  ...(chosen.anchor !== 'center' && { anchor: chosen.anchor }),
});

/** The composition of the task; undefined without a canvas. */
export const composeOf = (chosen: CanvasSettings): ComposeOptions | undefined => {
  const { canvas, outline, outlineColour } = chosen;
  if (canvas === '') return undefined;
  const background = grounds[chosen.ground](chosen);
  const shadow = shadowOf(chosen);
  return {
    ...(canvas === 'own' ? sizeOf(chosen) : { preset: canvas }),
    ...(background && { background }),
    ...(shadow && { shadow }),
    ...(outline > 0 && { outline: { width: percent(outline), color: outlineColour } }),
  };
};
