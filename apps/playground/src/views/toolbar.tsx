import { texts } from '../state/language.js';
import { pickPicture } from '../state/pick.js';
import { before, after } from '../state/preview.js';
import { backdrop, backdropColour, mode, stepZoom, usePicture, zoom, type Backdrop } from '../state/view.js';
import { isPainting } from '../state/touch-up.js';
import { BrushBar } from './brush-bar.js';
import { Choice } from './choice.js';
import { IconButton } from './icon-button.js';

const Swatch = ({
  kind,
  label,
  onClick,
}: {
  readonly kind: Backdrop;
  readonly label: string;
  readonly onClick: () => void;
}) => (
  <button
    type="button"
    class={`swatch ${kind}`}
    aria-label={label}
    title={label}
    aria-pressed={backdrop.value === kind}
    onClick={onClick}
  />
);

const Backdrops = () => {
  const t = texts.value.view;
  return (
    <div class="row tight" role="group" aria-label={t.backdrop}>
      <Swatch kind="checker" label={t.checker} onClick={() => (backdrop.value = 'checker')} />
      <Swatch kind="white" label={t.white} onClick={() => (backdrop.value = 'white')} />
      <input
        type="color"
        class={`swatch ${backdrop.value === 'colour' ? 'chosen' : ''}`}
        aria-label={t.colour}
        title={t.colour}
        value={backdropColour.value}
        onClick={() => (backdrop.value = 'colour')}
        onInput={(event) => {
          backdropColour.value = event.currentTarget.value;
          backdrop.value = 'colour';
        }}
      />
      <Swatch kind="picture" label={t.picture} onClick={() => pickPicture(usePicture)} />
    </div>
  );
};

/** The scale of now, where the picture is drawn. */
const scaleNow = (): number => {
  const scale = Number(document.querySelector<HTMLElement>('.canvas')?.dataset['scale'] ?? 1);
  return zoom.peek() ?? scale * devicePixelRatio;
};

const Zoom = () => {
  const t = texts.value.view;
  const text = zoom.value === undefined ? t.fit : `${Math.round(zoom.value * 100)} %`;
  return (
    <div class="row tight" role="group" aria-label={t.zoom}>
      <IconButton icon="minus" label={t.zoomOut} onClick={() => (zoom.value = stepZoom(scaleNow(), -1))} />
      <button
        type="button"
        class="zoom-text"
        title={t.pixels}
        onClick={() => (zoom.value = zoom.peek() === 1 ? undefined : 1)}
      >
        {text}
      </button>
      <IconButton icon="plus" label={t.zoomIn} onClick={() => (zoom.value = stepZoom(scaleNow(), 1))} />
      <IconButton icon="fit" label={t.fit} onClick={() => (zoom.value = undefined)} />
    </div>
  );
};

export const Toolbar = () => {
  const t = texts.value.view;
  if (!before.value && !after.value) return <div class="toolbar" />;
  if (isPainting.value && after.value)
    return (
      <div class="toolbar">
        <BrushBar />
        <Zoom />
      </div>
    );
  return (
    <div class="toolbar">
      <Choice
        label={t.label}
        value={mode.value}
        options={[
          ['compare', t.compare],
          ['cutout', t.cutout],
          ['photo', t.photo],
          ['alpha', t.alpha],
        ]}
        onChange={(next) => (mode.value = next)}
      />
      <Backdrops />
      <Zoom />
    </div>
  );
};
