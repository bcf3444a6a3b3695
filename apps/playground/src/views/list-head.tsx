import { outdated } from '../state/chosen.js';
import { isClearAsked } from '../state/dialogs.js';
import { numberText, texts } from '../state/language.js';
import { following } from '../state/live.js';
import { secondsLeft } from '../state/pace.js';
import { counts, entries } from '../state/photos.js';
import { pickPhotos } from '../state/pick.js';
import { redo } from '../state/queue.js';
import { saveAll, zipped } from '../state/save.js';
import { notice } from '../state/service.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';

const durationText = (seconds: number): string =>
  seconds < 90 ? `${numberText(seconds, 0)} s` : `${numberText(seconds / 60, 0)} min`;

const save = async (): Promise<void> => {
  try {
    await saveAll();
  } catch (error) {
    notice.value = (error as Error).message;
  }
};

const Summary = () => {
  const t = texts.value;
  const { all, done, failed } = counts.value;
  const left = secondsLeft.value;
  return (
    <p class="summary" role="status">
      <strong>{t.done(done, all)}</strong>
      {failed > 0 && <span class="fault-text">{t.failedCount(failed)}</span>}
      {left !== undefined && <span class="quiet">{t.left(durationText(left))}</span>}
    </p>
  );
};

const Progress = () => {
  const { all, done, failed } = counts.value;
  const part = (n: number) => ({ width: `${(100 * n) / Math.max(1, all)}%` });
  return (
    <div class="progress" aria-hidden="true">
      <span class="progress-done" style={part(done)} />
      <span class="progress-failed" style={part(failed)} />
    </div>
  );
};

const Again = () => {
  const t = texts.value;
  const { failed } = counts.value;
  const again = outdated.value.filter((entry) => entry !== following.value);
  const failedOnes = () => entries.value.filter(({ photo }) => photo.value.stage === 'failed');
  return (
    <>
      {failed > 0 && (
        <wa-button size="s" appearance="outlined" variant="danger" onClick={() => redo(failedOnes())}>
          <Icon slot="start" name="retry" />
          {t.retryAll(failed)}
        </wa-button>
      )}
      {again.length > 0 && (
        <wa-button size="s" appearance="outlined" onClick={() => redo(again)}>
          <Icon slot="start" name="sparkles" />
          {t.redoOutdated(again.length)}
        </wa-button>
      )}
    </>
  );
};

export const ListHead = () => {
  const t = texts.value;
  const { done } = counts.value;
  return (
    <div class="list-head">
      <div class="row between">
        <Summary />
        <span class="row tight">
          <IconButton icon="add" label={t.add} onClick={() => pickPhotos()} />
          <IconButton icon="folder" label={t.addFolder} onClick={() => pickPhotos(true)} />
          <IconButton icon="trash" label={t.clear} onClick={() => (isClearAsked.value = true)} />
        </span>
      </div>
      <Progress />
      <Again />
      <wa-button
        variant="brand"
        disabled={done === 0}
        loading={zipped.value !== undefined}
        onClick={() => void save()}
      >
        <Icon slot="start" name="download" />
        {t.saveAll}
      </wa-button>
      {zipped.value !== undefined && <p class="quiet small">{t.saving(zipped.value, done)}</p>}
    </div>
  );
};
