import { remove } from '../state/add.js';
import { texts } from '../state/language.js';
import { isBusy } from '../state/photo.js';
import { selected, selectedId, type Entry } from '../state/photos.js';
import { redo } from '../state/queue.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';
import { stageText } from './stage-text.js';
import { Thumbnail } from './thumbnail.js';

type Props = { readonly entry: Entry; readonly index: number; readonly count: number; readonly top: number };

const markOf = (stage: string) =>
  ({ done: 'check', failed: 'warning' })[stage] as 'check' | 'warning' | undefined;

export const Row = ({ entry, index, count, top }: Props) => {
  const photo = entry.photo.value;
  const t = texts.value;
  const mark = markOf(photo.stage);
  const folders = photo.name.split('/');
  const file = folders.pop() ?? '';
  return (
    <div class="row-place" role="presentation" style={{ transform: `translateY(${top}px)` }}>
      <div
        id={`photo-${entry.id}`}
        class={`photo-row stage-${photo.stage} ${isBusy(photo) ? 'busy' : ''}`}
        role="option"
        aria-selected={selected.value === entry}
        aria-posinset={index + 1}
        aria-setsize={count}
        onClick={() => (selectedId.value = entry.id)}
      >
        <Thumbnail entry={entry} />
        <span class="row-words">
          <span class="row-name" title={photo.name}>
            {file}
          </span>
          <span class="row-stage">
            {mark && <Icon name={mark} />}
            {isBusy(photo) && <span class="spinner" />}
            <span class="row-stage-text" title={photo.waitsForWorker ? t.noWorkerHint : photo.fault?.code}>
              {stageText(photo)}
            </span>
          </span>
          {folders.length > 0 && <span class="row-folder">{folders.join('/')}</span>}
        </span>
      </div>
      <span class="row-actions" aria-hidden="true">
        {photo.stage === 'failed' && (
          <IconButton pointerOnly icon="retry" label={t.retry} onClick={() => redo([entry])} />
        )}
        <IconButton pointerOnly icon="x" label={t.removeOne} onClick={() => remove(new Set([entry.id]))} />
      </span>
    </div>
  );
};
