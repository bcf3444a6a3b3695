import { useEffect, useRef, useState } from 'preact/hooks';
import { texts } from '../state/language.js';
import { after, before } from '../state/preview.js';
import { isPainting, photoSize } from '../state/touch-up.js';
import { backdrop, backdropColour, backdropPicture, mode, stepZoom, zoom } from '../state/view.js';
import { Alpha } from './alpha.js';
import { BrushCanvas } from './brush-canvas.js';

const backdropStyle = () => {
  if (backdrop.value === 'white') return { background: '#fff' };
  if (backdrop.value === 'colour') return { background: backdropColour.value };
  const url = backdropPicture.value;
  return backdrop.value === 'picture' && url ? { background: `center / cover url("${url}")` } : {};
};

const Photo = () =>
  before.value ? (
    <img class="fill" src={before.value.url} alt={texts.value.view.photo} draggable={false} />
  ) : null;

const Cutout = () =>
  after.value ? (
    <div class={`fill backdrop ${backdrop.value}`} style={backdropStyle()}>
      <img class="fill" src={after.value.url} alt={texts.value.view.cutout} draggable={false} />
    </div>
  ) : null;

/** A composed result has another size than its photo, so that the two cannot lie on each other. */
const isComposed = () => {
  const [photo, result] = [before.value, after.value];
  return Boolean(photo && result && (photo.width !== result.width || photo.height !== result.height));
};

/** The picture that gives the size. */
const measured = () => {
  const showsResult = mode.value !== 'photo' && !isPainting.value;
  return showsResult && isComposed() ? after.value : photoSize.value;
};

/**
 * The result over its dimmed photo, which shows what was lost, under the surface of the brush. A composed one does not
 * fit, so the photo is painted on.
 */
const Painting = () => (
  <>
    <div class={isComposed() ? 'fill' : 'fill dimmed'}>
      <Photo />
    </div>
    {after.value && !isComposed() && (
      <img class="fill" src={after.value.url} alt={texts.value.view.cutout} draggable={false} />
    )}
    {photoSize.value && <BrushCanvas size={photoSize.value} />}
  </>
);

const Shown = () => {
  const t = texts.value.view;
  if (isPainting.value && after.value) return <Painting />;
  if (!after.value || mode.value === 'photo') return <Photo />;
  if (mode.value === 'cutout' || (mode.value === 'compare' && isComposed())) return <Cutout />;
  if (mode.value === 'alpha') return <Alpha picture={after.value} label={t.alpha} />;
  return (
    <wa-comparison class="fill" aria-label={t.slider}>
      <div slot="before" class="fill">
        <Cutout />
      </div>
      <div slot="after" class="fill">
        <Photo />
      </div>
    </wa-comparison>
  );
};

/** The room for the picture, in CSS pixels. */
const useRoom = () => {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      setRoom({ width, height });
    });
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return { box, room };
};

/** Space around a picture that is fitted in. */
const MARGIN = 24;

/** CSS pixels for a pixel of the picture. */
const scaleFor = (
  picture: { readonly width: number; readonly height: number },
  room: { readonly width: number; readonly height: number },
  wanted: number | undefined,
): number => {
  if (wanted !== undefined) return wanted / devicePixelRatio;
  const fitting = Math.min((room.width - MARGIN) / picture.width, (room.height - MARGIN) / picture.height);
  return Math.max(0.01, Math.min(1, fitting));
};

/** Drags the picture about where it is larger than its room. */
const startPan = (event: PointerEvent): void => {
  const area = event.currentTarget as HTMLElement;
  const isHandle = (event.composedPath()[0] as HTMLElement).closest?.('.divider, .handle');
  if (event.pointerType !== 'mouse' || event.button !== 0 || isHandle) return;
  const from = { x: event.clientX + area.scrollLeft, y: event.clientY + area.scrollTop };
  const move = ({ clientX, clientY }: PointerEvent) => area.scrollTo(from.x - clientX, from.y - clientY);
  const end = () => removeEventListener('pointermove', move);
  addEventListener('pointermove', move);
  addEventListener('pointerup', end, { once: true });
};

/** The selected photo, fitted in or zoomed. */
export const CanvasArea = () => {
  const { box, room } = useRoom();
  const picture = measured();
  const scale = picture && room.width > 0 ? scaleFor(picture, room, zoom.value) : undefined;
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey || scale === undefined) return;
    event.preventDefault();
    zoom.value = stepZoom(zoom.peek() ?? scale * devicePixelRatio, event.deltaY < 0 ? 1 : -1);
  };
  const size =
    picture && scale ? { width: `${picture.width * scale}px`, height: `${picture.height * scale}px` } : {};
  return (
    <div
      ref={box}
      class="canvas"
      tabindex={zoom.value === undefined ? -1 : 0}
      onWheel={onWheel}
      onPointerDown={startPan}
      data-scale={scale}
    >
      {scale !== undefined && (
        <div class={`picture ${scale * devicePixelRatio >= 2 ? 'pixels' : ''}`} style={size}>
          <Shown />
        </div>
      )}
    </div>
  );
};
