import { texts } from '../state/language.js';
import { isBusy } from '../state/photo.js';
import { selected } from '../state/photos.js';
import {
  apply,
  applyToAll,
  brushShare,
  brushSize,
  finished,
  isChanged,
  isPainting,
  isSending,
  strokes,
  tool,
  undo,
} from '../state/touch-up.js';
import { Choice } from './choice.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';

const PERCENT = 100;

const Size = () => (
  <label class="brush-size small">
    {texts.value.brush.size}
    <input
      type="range"
      min={0.2}
      max={20}
      step={0.1}
      value={brushShare.value * PERCENT}
      onInput={(event) => (brushShare.value = Number(event.currentTarget.value) / PERCENT)}
    />
    <output>{texts.value.brush.pixels(brushSize.value)}</output>
  </label>
);

/** The tools of the brush, in place of the views. */
export const BrushBar = () => {
  const t = texts.value.brush;
  const isEmpty = strokes.value.length === 0;
  const photo = selected.value?.photo.value;
  const isWaiting = isSending.value || !photo || isBusy(photo);
  return (
    <div class="row brush-bar" role="group" aria-label={t.title}>
      <Choice
        label={t.tool}
        value={tool.value}
        options={[
          ['keep', t.keep],
          ['erase', t.erase],
          ['soften', t.soften],
        ]}
        onChange={(next) => (tool.value = next)}
      />
      <Size />
      <IconButton icon="undo" label={t.undo} disabled={isEmpty} onClick={undo} />
      <wa-button
        size="s"
        variant="brand"
        disabled={!isChanged.value || isWaiting}
        onClick={() => void apply()}
      >
        <Icon slot="start" name="check" />
        {t.apply}
      </wa-button>
      {finished.value.length > 1 && (
        <wa-button
          size="s"
          appearance="outlined"
          disabled={isEmpty || isWaiting}
          onClick={() => void applyToAll()}
        >
          {t.applyToAll(finished.value.length)}
        </wa-button>
      )}
      <IconButton icon="x" label={t.close} onClick={() => (isPainting.value = false)} />
    </div>
  );
};
