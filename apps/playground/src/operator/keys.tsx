import { revokeKey, rotateKey, type Key, type Overview, type Usage } from './api.js';
import { count, moment, money } from './format.js';
import { act, confirm, dialog, keys } from './state.js';
import { Table } from './table.js';

const SCOPES = 4;

const limitsOf = ({ ratePerS, inFlight, budgetUsd, share, scopes, models, expiresAt }: Key): string =>
  [
    ratePerS !== null && `${ratePerS}/s`,
    inFlight !== null && `${count(inFlight)} in flight`,
    budgetUsd !== null && `${money(budgetUsd)} a month`,
    share !== 1 && `share ${share}`,
    scopes.length < SCOPES && `may ${scopes.join(', ')}`,
    models.length > 0 && models.join(', '),
    expiresAt !== null && `until ${moment(expiresAt)}`,
  ]
    .filter((limit) => limit !== false)
    .join(' · ') || 'none';

const used = (rows: readonly Usage[], name: string): string => {
  const usage = rows.find(({ key }) => key === name);
  return usage ? `${count(usage.tasks)} · ${money(usage.costUsd)}` : '–';
};

const revoke = ({ name }: Key) =>
  confirm(`Revoke ${name}? Its callers are refused from now on. This cannot be undone.`, 'Revoke it', () =>
    revokeKey(name),
  );

const rotate = ({ name }: Key) =>
  confirm(
    `Give ${name} a new secret? The present one is accepted for 24 more hours.`,
    'Make a new secret',
    async () => {
      dialog.value = { kind: 'secret', made: await rotateKey(name) };
    },
  );

const Actions = ({ apiKey }: { readonly apiKey: Key }) => (
  <div class="row tight">
    <button type="button" class="action" onClick={() => (dialog.value = { kind: 'limits', key: apiKey })}>
      Limits
    </button>
    <button type="button" class="action" onClick={() => rotate(apiKey)}>
      Rotate
    </button>
    <button type="button" class="action danger" onClick={() => revoke(apiKey)}>
      Revoke
    </button>
  </div>
);

const isOver = ({ expiresAt }: Key, now: string): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= Date.parse(now);

const create = () => {
  dialog.value = { kind: 'create' };
  return act(async () => undefined);
};

export const Keys = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Keys"
    none="There is no key: nobody can call the service."
    head={['Name', 'Owner', 'Begins with', 'Last used', 'Today', 'This month', 'Limits', '']}
    rows={keys.value}
    keyOf={({ name }) => name}
    cells={(key) => [
      <>
        {key.name} {isOver(key, overview.at) && <span class="pill failed">expired</span>}
      </>,
      key.owner === key.name ? '' : key.owner,
      <code>{key.prefix}…</code>,
      moment(key.lastUsedAt),
      used(overview.usage.today, key.name),
      used(overview.usage.month, key.name),
      limitsOf(key),
      key.revokedAt ? <span class="pill failed">revoked</span> : <Actions apiKey={key} />,
    ]}
  >
    <button type="button" class="action" onClick={() => void create()}>
      New key
    </button>
  </Table>
);
