import { signal } from '@preact/signals';
import { chosen } from '../state/chosen.js';
import { isCodeShown } from '../state/dialogs.js';
import { texts } from '../state/language.js';
import { newId } from '../state/new-id.js';
import type { Photo } from '../state/photo.js';
import { selected } from '../state/photos.js';
import { programs, sampleOf, type Program } from '../state/samples.js';
import { root } from '../state/service.js';
import { optionsOf, type Options } from '../state/settings.js';
import { Choice } from './choice.js';
import { Icon } from './icon.js';

const program = signal<Program>('curl');
const isCopied = signal(false);
const COPIED_MS = 2_000;

const copy = async (text: string): Promise<void> => {
  await navigator.clipboard.writeText(text);
  isCopied.value = true;
  setTimeout(() => (isCopied.value = false), COPIED_MS);
};

/** The request that made the shown result; without one, that of the settings of now. */
const requestOf = (photo: Photo | undefined) => {
  // Of a failed photo no result is shown.
  const made = photo?.stage === 'failed' ? undefined : photo?.result;
  return {
    taskUUID: made?.taskUUID ?? newId(),
    options: made ? (JSON.parse(made.options) as Options) : optionsOf(chosen.value),
  };
};

const Code = () => {
  const t = texts.value.code;
  const photo = selected.value?.photo.value;
  const text = sampleOf(program.value, {
    root,
    imageUUID: photo?.imageUUID,
    file: photo?.name.split('/').at(-1) ?? 'photo.jpg',
    ...requestOf(photo),
  });
  return (
    <div class="stack">
      <div class="row between">
        <Choice
          label={t.language}
          value={program.value}
          options={programs.map((name) => [name, name] as const)}
          onChange={(next) => (program.value = next)}
        />
        <wa-button size="s" appearance="outlined" onClick={() => void copy(text)}>
          <Icon slot="start" name={isCopied.value ? 'check' : 'copy'} />
          {isCopied.value ? t.copied : t.copy}
        </wa-button>
      </div>
      <pre class="code" tabindex={0}>
        <code>{text}</code>
      </pre>
      {!photo?.imageUUID && <p class="quiet small">{t.needsUpload}</p>}
    </div>
  );
};

export const CodeDialog = () => (
  <wa-dialog
    class="wide-dialog"
    label={texts.value.code.title}
    open={isCodeShown.value}
    light-dismiss
    onwa-after-hide={(event) => {
      if (event.target === event.currentTarget) isCodeShown.value = false;
    }}
  >
    {isCodeShown.value && <Code />}
  </wa-dialog>
);
