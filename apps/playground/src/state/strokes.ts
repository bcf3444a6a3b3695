/** What a stroke does to the mask. */
export type Tool = 'keep' | 'erase' | 'soften';

/** A place of a stroke, in pixels of the photo. */
export type Dot = { readonly x: number; readonly y: number; readonly width: number };
export type Stroke = { readonly tool: Tool; readonly dots: readonly Dot[] };

type Colours = Readonly<Record<Tool, string>>;

/** As the service reads a hint. */
const hintColours: Colours = { keep: '#fff', erase: '#000', soften: '#808080' };

/** A pen that presses lightly draws a third as wide. */
export const widthOf = (size: number, { pointerType, pressure }: PointerEvent): number =>
  pointerType === 'pen' ? size * (1 / 3 + (2 / 3) * pressure) : size;

const drawDot = (context: CanvasRenderingContext2D, { x, y, width }: Dot): void => {
  context.beginPath();
  context.arc(x, y, width / 2, 0, 2 * Math.PI);
  context.fill();
};

const drawLine = (context: CanvasRenderingContext2D, from: Dot, to: Dot): void => {
  context.lineWidth = (from.width + to.width) / 2;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
};

/** Draws strokes over each other, the last on top. */
export const drawStrokes = (
  context: CanvasRenderingContext2D,
  strokes: readonly Stroke[],
  colours: Colours = hintColours,
): void => {
  context.lineCap = 'round';
  for (const { tool, dots } of strokes) {
    context.fillStyle = context.strokeStyle = colours[tool];
    for (const [i, dot] of dots.entries()) {
      const last = dots[i - 1];
      if (last) drawLine(context, last, dot);
      drawDot(context, dot);
    }
  }
};

export type Size = { readonly width: number; readonly height: number };

/** The strokes as the service reads them: a PNG of the photo's size, transparent where nobody drew. */
export const toHint = async (strokes: readonly Stroke[], { width, height }: Size): Promise<Blob> => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw.');
  drawStrokes(context, strokes);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('This browser cannot write a PNG.'))));
  });
};

const LEAST_RADIUS = 2;
const LARGEST_RADIUS = 100;

/** Pixels around the strokes in which the service looks for the edge: half of the widest stroke. */
export const radiusFor = (strokes: readonly Stroke[]): number => {
  const widest = Math.max(0, ...strokes.flatMap(({ dots }) => dots.map(({ width }) => width)));
  return Math.min(LARGEST_RADIUS, Math.max(LEAST_RADIUS, Math.round(widest / 2)));
};
