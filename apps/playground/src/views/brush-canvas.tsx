import { useEffect, useRef } from 'preact/hooks';
import { texts } from '../state/language.js';
import { selected } from '../state/photos.js';
import { drawStrokes, widthOf, type Dot, type Size, type Stroke } from '../state/strokes.js';
import { addStroke, brushSize, fresh, tool, undo } from '../state/touch-up.js';

/** What a person sees. The service gets white, black and grey. */
const shown = { keep: '#12b76a', erase: '#f04438', soften: '#2e90fa' } as const;

const dotOf = (event: PointerEvent, { width, height }: Size): Dot => {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) * width) / box.width,
    y: ((event.clientY - box.top) * height) / box.height,
    width: widthOf(brushSize.peek(), event),
  };
};

/** Paints strokes, while one is drawn also that one. */
const usePainting = (size: Size) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const current = useRef<Dot[] | undefined>(undefined);

  const draw = () => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, size.width, size.height);
    const dots = current.current;
    const now: Stroke[] = dots ? [{ tool: tool.peek(), dots }] : [];
    drawStrokes(context, [...fresh.peek(), ...now], shown);
  };
  useEffect(draw, [fresh.value, size.width, size.height]);

  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    current.current = [dotOf(event, size)];
    draw();
  };
  const move = (event: PointerEvent) => {
    if (!current.current) return;
    current.current.push(dotOf(event, size));
    draw();
  };
  const end = () => {
    const [entry, dots] = [selected.peek(), current.current];
    current.current = undefined;
    if (entry && dots) addStroke(entry, { tool: tool.peek(), dots });
  };
  return { canvas, begin, move, end };
};

/** The surface that a person paints on, over the picture. */
export const BrushCanvas = ({ size }: { readonly size: Size }) => {
  const { canvas, begin, move, end } = usePainting(size);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    undo();
  };
  return (
    <canvas
      ref={canvas}
      class="fill brush-canvas"
      width={size.width}
      height={size.height}
      tabindex={0}
      role="img"
      aria-label={texts.value.brush.surface}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={onKeyDown}
    />
  );
};
