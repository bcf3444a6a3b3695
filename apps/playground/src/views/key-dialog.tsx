import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { apiKey, forgetKey, isRemembered, useKey } from '../state/key.js';
import { isKeyAsked } from '../state/dialogs.js';
import { texts } from '../state/language.js';
import { checkKey } from '../state/service.js';
import { isKeyRefused, resume } from '../state/queue.js';

const typed = signal('');
const remember = signal(false);
const isChecking = signal(false);
const fault = signal('');

const submit = async (event: Event): Promise<void> => {
  event.preventDefault();
  const key = typed.value.trim();
  if (!key) return;
  isChecking.value = true;
  fault.value = '';
  const refusal = await checkKey(key);
  isChecking.value = false;
  if (refusal !== undefined) {
    fault.value = refusal || texts.value.key.refused;
    return;
  }
  useKey(key, remember.value);
  isKeyAsked.value = false;
  typed.value = '';
  resume();
};

const Form = () => {
  useEffect(() => void (remember.value = isRemembered.peek()), []);
  const t = texts.value.key;
  const message = fault.value || (isKeyRefused.value ? t.refused : '');
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <p class="quiet">{t.why}</p>
      <label class="field">
        <span>{t.label}</span>
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          autofocus
          value={typed.value}
          aria-invalid={message !== ''}
          aria-describedby="key-fault"
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </label>
      <p id="key-fault" class="fault-text" role="alert">
        {message}
      </p>
      <wa-switch
        checked={remember.value}
        hint={t.rememberHint}
        onChange={(event) => (remember.value = (event.currentTarget as unknown as HTMLInputElement).checked)}
      >
        {t.remember}
      </wa-switch>
      <div class="row end">
        {apiKey.value && (
          <wa-button appearance="plain" onClick={forgetKey}>
            {t.forget}
          </wa-button>
        )}
        <wa-button type="submit" variant="brand" loading={isChecking.value}>
          {t.use}
        </wa-button>
      </div>
    </form>
  );
};

export const KeyDialog = () => (
  <wa-dialog
    label={texts.value.key.title}
    open={isKeyAsked.value}
    light-dismiss
    onwa-after-hide={(event) => {
      if (event.target === event.currentTarget) isKeyAsked.value = false;
    }}
  >
    {isKeyAsked.value && <Form />}
  </wa-dialog>
);
