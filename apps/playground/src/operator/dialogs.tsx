import type { NewKey } from './api.js';
import { KeyForm } from './key-form.js';
import { act, actionFault, dialog, isActing, type Dialog } from './state.js';

const close = () => (dialog.value = undefined);

const Secret = ({ made: { name, key } }: { readonly made: NewKey }) => (
  <div class="stack">
    <p>
      This is the key <b>{name}</b>. It is shown once: only its hash is stored.
    </p>
    <input
      class="secret"
      readOnly
      value={key}
      aria-label={`The key ${name}`}
      onFocus={(event) => event.currentTarget.select()}
    />
    <div class="row end">
      <wa-button appearance="outlined" onClick={() => void navigator.clipboard.writeText(key)}>
        Copy
      </wa-button>
      <wa-button variant="brand" onClick={close}>
        I have kept it
      </wa-button>
    </div>
  </div>
);

const Question = ({ asked }: { readonly asked: Extract<Dialog, { kind: 'confirm' }> }) => {
  const answer = async () => {
    if (dialog.peek() !== asked) return;
    // The work may open the next dialog, which then stays.
    if ((await act(asked.act)) && dialog.peek() === asked) close();
  };
  return (
    <div class="stack">
      <p>{asked.question}</p>
      <div class="row end">
        <wa-button appearance="plain" onClick={close}>
          Leave it
        </wa-button>
        <wa-button variant="danger" loading={isActing.value} onClick={() => void answer()}>
          {asked.action}
        </wa-button>
      </div>
    </div>
  );
};

const titles: Readonly<Record<Dialog['kind'], string>> = {
  create: 'New key',
  limits: 'Limits',
  secret: 'Keep this key now',
  confirm: 'Please confirm',
};

const Content = ({ shown }: { readonly shown: Dialog }) => {
  if (shown.kind === 'create') return <KeyForm />;
  if (shown.kind === 'limits') return <KeyForm apiKey={shown.key} />;
  return shown.kind === 'secret' ? <Secret made={shown.made} /> : <Question asked={shown} />;
};

export const Dialogs = () => {
  const shown = dialog.value;
  const name = shown?.kind === 'limits' ? ` of ${shown.key.name}` : '';
  return (
    <wa-dialog
      class="wide-dialog"
      label={shown ? `${titles[shown.kind]}${name}` : ''}
      open={shown !== undefined}
      onwa-after-hide={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      {shown && (
        <>
          {actionFault.value && (
            <p class="fault-text" role="alert">
              {actionFault.value}
            </p>
          )}
          <Content shown={shown} />
        </>
      )}
    </wa-dialog>
  );
};
