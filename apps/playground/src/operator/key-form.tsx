import { createKey, limitKey, type Key } from './api.js';
import { act, dialog, isActing } from './state.js';

/** A text field of the form. An empty one takes the limit away. */
type Field = {
  readonly name: 'ratePerS' | 'inFlight' | 'budgetUsd' | 'share';
  readonly label: string;
  readonly hint: string;
};

const fields: readonly Field[] = [
  { name: 'ratePerS', label: 'Tasks per second', hint: 'empty: no limit' },
  { name: 'inFlight', label: 'Tasks in flight', hint: 'empty: MAX_TASKS_IN_FLIGHT' },
  { name: 'budgetUsd', label: 'US dollars a month', hint: 'empty: no limit' },
  { name: 'share', label: 'Share beside others', hint: 'of its owner, 1 unless given' },
];

const textOf = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
};

/** What is no number goes to the service as it is, which says what it takes. */
const numberOf = (text: string) => (Number.isNaN(Number(text)) ? text : Number(text));

const dayOf = (key: Key | undefined): string => key?.expiresAt?.slice(0, 10) ?? '';

/** Of a key that has a last day already, its time stays as it is unless another day is chosen. */
const expiryOf = (until: string, key: Key | undefined) => {
  if (until === dayOf(key)) return {};
  return { expiresAt: until === '' ? null : `${until}T23:59:59Z` };
};

const wishOf = (form: FormData, key: Key | undefined): Record<string, unknown> => {
  const limits = fields.map(({ name }) => {
    const text = textOf(form, name);
    return [name, text === '' ? (name === 'share' ? 1 : null) : numberOf(text)] as const;
  });
  const models = textOf(form, 'models')
    .split(',')
    .map((model) => model.trim())
    .filter(Boolean);
  return {
    ...Object.fromEntries(limits),
    models,
    scopes: form.getAll('scope'),
    ...expiryOf(textOf(form, 'expires'), key),
  };
};

const scopes = [
  ['run', 'run tasks'],
  ['read', 'read results'],
  ['upload', 'store images'],
  ['admin', 'see and change what its owner has'],
] as const;

const submit = async (event: SubmitEvent, key: Key | undefined): Promise<void> => {
  event.preventDefault();
  const form = new FormData(event.currentTarget as HTMLFormElement);
  const wish = wishOf(form, key);
  if (key) {
    if (await act(() => limitKey(key.name, wish))) dialog.value = undefined;
    return;
  }
  const owner = textOf(form, 'owner');
  const { share, ...others } = wish;
  // The share is the owner's, which a further key leaves alone.
  const all = { ...others, name: textOf(form, 'name'), ...(owner ? { owner } : { share }) };
  await act(async () => {
    dialog.value = { kind: 'secret', made: await createKey(all) };
  });
};

/** Makes a key, or changes what one may do. */
export const KeyForm = ({ apiKey }: { readonly apiKey?: Key }) => (
  <form class="stack" onSubmit={(event) => void submit(event, apiKey)}>
    {!apiKey && (
      <div class="pair">
        <label class="field">
          <span>Name</span>
          <input name="name" required maxLength={63} placeholder="shop" autocomplete="off" autofocus />
        </label>
        <label class="field">
          <span>Owner</span>
          <input name="owner" placeholder="itself" autocomplete="off" />
          <span class="small quiet">another key, to share its tasks and images</span>
        </label>
      </div>
    )}
    <div class="pair">
      {fields.map(({ name, label, hint }) => (
        <label key={name} class="field">
          <span>{label}</span>
          <input
            name={name}
            inputMode="decimal"
            autocomplete="off"
            defaultValue={String(apiKey?.[name] ?? '')}
          />
          <span class="small quiet">{hint}</span>
        </label>
      ))}
    </div>
    <fieldset class="scopes">
      <legend class="small quiet">It may</legend>
      {scopes.map(([scope, label]) => (
        <label key={scope} class="row tight">
          <input
            type="checkbox"
            name="scope"
            value={scope}
            defaultChecked={apiKey?.scopes.includes(scope) ?? true}
          />
          {label}
        </label>
      ))}
    </fieldset>
    <div class="pair">
      <label class="field">
        <span>Models</span>
        <input
          name="models"
          placeholder="all"
          autocomplete="off"
          defaultValue={apiKey?.models.join(', ') ?? ''}
        />
        <span class="small quiet">AIR ids or slugs, with commas</span>
      </label>
      <label class="field">
        <span>Last day</span>
        <input name="expires" type="date" defaultValue={dayOf(apiKey)} />
        <span class="small quiet">in UTC; empty: for ever</span>
      </label>
    </div>
    <div class="row end">
      <wa-button appearance="plain" onClick={() => (dialog.value = undefined)}>
        Close
      </wa-button>
      {/* Enter in a field presses a native button only. */}
      <button type="submit" hidden />
      <wa-button type="submit" variant="brand" loading={isActing.value}>
        {apiKey ? 'Change limits' : 'Create key'}
      </wa-button>
    </div>
  </form>
);
