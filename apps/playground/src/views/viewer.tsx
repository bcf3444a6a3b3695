import { remove } from '../state/add.js';
import { areSettingsShown, isCodeShown } from '../state/dialogs.js';
import { numberText, remedyText, texts } from '../state/language.js';
import { isBusy, type Photo } from '../state/photo.js';
import { selected, type Entry } from '../state/photos.js';
import { after, afterFault } from '../state/preview.js';
import { redo } from '../state/queue.js';
import { saveOne } from '../state/save.js';
import { notice } from '../state/service.js';
import { isPainting } from '../state/touch-up.js';
import { CanvasArea } from './canvas-area.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';
import { stageText } from './stage-text.js';
import { Toolbar } from './toolbar.js';

const save = async (entry: Entry): Promise<void> => {
  try {
    await saveOne(entry);
  } catch (error) {
    notice.value = (error as Error).message;
  }
};

const Failure = ({ entry, photo }: { readonly entry: Entry; readonly photo: Photo }) => {
  const t = texts.value;
  const { fault } = photo;
  if (!fault) return null;
  const remedy = remedyText(fault.code);
  return (
    <section class="failure" role="alert">
      <span class="failure-mark">
        <Icon name="warning" />
      </span>
      <h2 lang="en">{fault.message}</h2>
      {remedy && <p>{remedy}</p>}
      <p class="row centred">
        <code>{fault.code}</code>
        {fault.documentation && (
          <a href={fault.documentation} target="_blank" rel="noopener">
            {t.reference}
          </a>
        )}
      </p>
      <wa-button variant="brand" onClick={() => redo([entry])}>
        <Icon slot="start" name="retry" />
        {t.retry}
      </wa-button>
    </section>
  );
};

const Overlay = ({ entry, photo }: { readonly entry: Entry; readonly photo: Photo }) => {
  const t = texts.value;
  if (isBusy(photo) || photo.stage === 'ready')
    return (
      <p class="overlay">
        <span class="spinner" />
        {photo.waitsForWorker ? texts.value.noWorkerHint : stageText(photo)}
      </p>
    );
  const fault = afterFault.value;
  if (fault)
    return (
      <p class="overlay" role="alert">
        {fault.isGone ? t.view.gone : <span lang="en">{fault.message}</span>}
        <wa-button size="s" variant="brand" onClick={() => redo([entry])}>
          {t.retry}
        </wa-button>
      </p>
    );
  return photo.stage === 'done' && !after.value ? <p class="overlay">{t.view.loading}</p> : null;
};

/** Stage, size, format and price. */
const factsOf = (photo: Photo): (string | undefined)[] => {
  const { result } = photo;
  const size = after.value && `${after.value.width} × ${after.value.height}`;
  const cost = result?.cost ? texts.value.cost(numberText(result.cost, 4)) : undefined;
  return [stageText(photo), size, result?.extension.toUpperCase(), cost];
};

const Foot = ({ entry, photo }: { readonly entry: Entry; readonly photo: Photo }) => {
  const t = texts.value;
  const { result } = photo;
  return (
    <div class="viewer-foot">
      <div class="viewer-words">
        <h1 class="viewer-name">{photo.name}</h1>
        <p class="quiet small">{factsOf(photo).filter(Boolean).join(' · ')}</p>
        {photo.stage === 'done' &&
          result?.warnings.map((text) => (
            <p key={text} class="warning small" lang="en">
              <Icon name="warning" /> {text}
            </p>
          ))}
      </div>
      <div class="row">
        <IconButton icon="trash" label={t.removeOne} onClick={() => remove(new Set([entry.id]))} />
        <wa-button class="narrow-only" appearance="outlined" onClick={() => (areSettingsShown.value = true)}>
          <Icon slot="start" name="sliders" />
          {t.settings.title}
        </wa-button>
        {photo.stage === 'done' && !isPainting.value && (
          <wa-button appearance="outlined" onClick={() => (isPainting.value = true)}>
            <Icon slot="start" name="brush" />
            {t.brush.open}
          </wa-button>
        )}
        <wa-button appearance="outlined" onClick={() => (isCodeShown.value = true)}>
          <Icon slot="start" name="code" />
          {t.code.open}
        </wa-button>
        <wa-button variant="brand" disabled={photo.stage !== 'done'} onClick={() => void save(entry)}>
          <Icon slot="start" name="download" />
          {t.saveOne}
        </wa-button>
      </div>
    </div>
  );
};

/** The selected photo before and after. */
export const Viewer = () => {
  const entry = selected.value;
  if (!entry) return null;
  const photo = entry.photo.value;
  const isFailed = photo.stage === 'failed';
  return (
    <main class="viewer" id="main">
      <Toolbar />
      <div class="viewer-room">
        {isFailed ? <Failure entry={entry} photo={photo} /> : <CanvasArea />}
        {!isFailed && <Overlay entry={entry} photo={photo} />}
      </div>
      <Foot entry={entry} photo={photo} />
    </main>
  );
};
