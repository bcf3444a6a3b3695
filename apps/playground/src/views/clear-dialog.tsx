import { remove } from '../state/add.js';
import { isClearAsked } from '../state/dialogs.js';
import { texts } from '../state/language.js';
import { entries } from '../state/photos.js';

const clear = (): void => {
  isClearAsked.value = false;
  remove(new Set(entries.peek().map(({ id }) => id)));
};

export const ClearDialog = () => {
  const t = texts.value;
  return (
    <wa-dialog
      label={t.clear}
      open={isClearAsked.value}
      light-dismiss
      onwa-after-hide={() => (isClearAsked.value = false)}
    >
      <p>{t.clearAsk(entries.value.length)}</p>
      <div class="row end">
        <wa-button appearance="plain" onClick={() => (isClearAsked.value = false)}>
          {t.cancel}
        </wa-button>
        <wa-button variant="danger" onClick={clear}>
          {t.clear}
        </wa-button>
      </div>
    </wa-dialog>
  );
};
