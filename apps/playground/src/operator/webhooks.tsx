import { signal } from '@preact/signals';
import { replayWebhook, replayWebhooks, type Delivery, type Overview } from './api.js';
import { count, moment, span } from './format.js';
import { act } from './state.js';
import { Table } from './table.js';

const from = signal('');
const to = signal('');

/** The last answer, which opens to all attempts. */
const Attempts = ({ delivery: { log, lastStatus, lastError } }: { readonly delivery: Delivery }) => {
  const last = String(lastStatus ?? lastError ?? '–');
  if (!log) return <>{last}</>;
  return (
    <details>
      <summary>{last}</summary>
      <ol class="attempts small">
        {log.map(({ at, ms, status, error }) => (
          <li key={at}>
            {moment(at)}, after {span(ms / 1000)}: {status ?? error}
          </li>
        ))}
      </ol>
    </details>
  );
};

const ReplaySpan = () => (
  <form
    class="row tight wrap"
    onSubmit={(event) => {
      event.preventDefault();
      void act(() => replayWebhooks({ from: from.value, to: to.value }));
    }}
  >
    <label class="small quiet">
      accepted from (UTC){' '}
      <input type="datetime-local" value={from.value} onInput={(e) => (from.value = e.currentTarget.value)} />
    </label>
    <label class="small quiet">
      to <input type="datetime-local" value={to.value} onInput={(e) => (to.value = e.currentTarget.value)} />
    </label>
    <button type="submit" class="action">
      Replay all that failed
    </button>
  </form>
);

export const Webhooks = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Webhooks in trouble"
    about="Failed ones can be replayed for seven days."
    none="All webhooks were delivered at once."
    head={['Host', 'State', 'Attempts', 'Last answer', 'Ended or due', 'Task', '']}
    rows={overview.deliveries}
    keyOf={({ id }) => id}
    cells={(delivery) => [
      delivery.host,
      <span class={`pill ${delivery.state}`}>{delivery.state}</span>,
      count(delivery.attempts),
      <Attempts delivery={delivery} />,
      moment(delivery.endedAt ?? delivery.nextAttemptAt),
      <code>{delivery.taskId}</code>,
      delivery.canReplay && (
        <button type="button" class="action" onClick={() => void act(() => replayWebhook(delivery.id))}>
          Replay
        </button>
      ),
    ]}
  >
    <ReplaySpan />
  </Table>
);
