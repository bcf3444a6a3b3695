import { explainSuspect } from '#database';
import type { Backlog, Depth, OutcomeCount, Suspect, TroubledDelivery, WarmWorker } from '#database';
import type { JobCounts } from '#queue';
import { Html, html, table, type Content } from './html.js';

export type Status = {
  readonly outcomes: readonly OutcomeCount[];
  readonly depths: readonly Depth[];
  /** The counts that the queue reports, by model. */
  readonly jobs: ReadonlyMap<string, JobCounts>;
  readonly backlogs: readonly Backlog[];
  readonly suspects: readonly Suspect[];
  readonly deliveries: readonly TroubledDelivery[];
  readonly workers: readonly WarmWorker[];
};

const style = new Html(`
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .5rem; text-align: left; vertical-align: top; }
form { margin: 0; }`);

const section = (title: string, about: string, body: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    <p>${about}</p>
    ${body}
  </section>`;

const queueRows = ({ depths, jobs }: Status): Content[][] =>
  [...new Set(depths.map(({ model }) => model))].map((model) => {
    const of = (state: Depth['state']) =>
      depths.find((depth) => depth.model === model && depth.state === state);
    const counts = Object.entries(jobs.get(model) ?? {}).filter(([, count]) => count > 0);
    const inQueue = jobs.has(model)
      ? counts.map(([state, count]) => `${state} ${count} `)
      : 'does not answer';
    const oldest = of('queued')?.oldestSeconds ?? 0;
    return [model, of('queued')?.tasks, of('running')?.tasks, `${oldest.toFixed(0)} s`, inQueue];
  });

const outcomeRows = ({ outcomes }: Status): Content[][] =>
  outcomes.map(({ model, state, code, tasks }) => [
    model,
    code === 'taskCancelled' ? 'cancelled' : state,
    code,
    tasks,
  ]);

const cancelButton = ({ ownerId, tasks }: Backlog): Html =>
  html`<form method="post" action="/cancel">
    <input type="hidden" name="owner" value="${ownerId}" /><button>Cancel ${tasks}</button>
  </form>`;

const backlogRows = ({ backlogs }: Status): Content[][] =>
  backlogs.map((backlog) => [
    backlog.name,
    backlog.tasks,
    backlog.running,
    `${backlog.oldestSeconds.toFixed(0)} s`,
    cancelButton(backlog),
  ]);

const taskButton = ({ id }: Suspect): Html =>
  html`<form method="post" action="/replay-task">
    <input type="hidden" name="id" value="${id}" /><button>Replay</button>
  </form>`;

const suspectRows = ({ suspects }: Status): Content[][] =>
  suspects.map((task) => [
    task.id,
    task.model,
    task.state,
    task.stalls,
    task.createdAt,
    explainSuspect(task),
    task.poisonedAt ? taskButton(task) : '',
  ]);

const replayButton = ({ id, canReplay }: TroubledDelivery): Content =>
  canReplay &&
  html`<form method="post" action="/replay">
    <input type="hidden" name="id" value="${id}" /><button>Replay</button>
  </form>`;

/** The last answer, which opens to all attempts. */
const attemptsOf = ({ log, lastStatus, lastError }: TroubledDelivery): Content => {
  if (!log) return lastStatus ?? lastError;
  const rows = log.map(({ at, ms, status, error }) => [new Date(at), `${ms.toFixed(0)} ms`, status ?? error]);
  return html`<details>
    <summary>${lastStatus ?? lastError}</summary>
    ${table(['At', 'After', 'Answer'], rows)}
  </details>`;
};

const replayForm = html`<form method="post" action="/replay-all">
  <p>
    Replay all that failed, of tasks accepted from <input type="datetime-local" name="from" /> to
    <input type="datetime-local" name="to" /> (UTC; empty for all) <button>Replay all</button>
  </p>
</form>`;

const deliveryRows = ({ deliveries }: Status): Content[][] =>
  deliveries.map((delivery) => [
    delivery.host,
    delivery.state,
    delivery.attempts,
    attemptsOf(delivery),
    delivery.endedAt ?? delivery.nextAttemptAt,
    delivery.taskId,
    replayButton(delivery) || '',
  ]);

const workerRows = ({ workers }: Status): Content[][] =>
  workers.map(({ id, device, requestedDevice, fallback, served, startedAt }) => [
    id,
    `${device} (asked for ${requestedDevice})`,
    fallback,
    served.map(({ air, variant }) => `${air} ${variant} `),
    startedAt,
  ]);

export const statusPage = (status: Status): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Clearcut status</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>Clearcut</h1>
        <p><a href="/queues/">The queues, job by job</a></p>
        ${section('Queue', 'Tasks in Postgres that have not ended, and their jobs in the queue.', table(['Model', 'Queued', 'Running', 'Longest wait', 'Jobs'], queueRows(status)))}
        ${section('Waiting', 'Tasks that wait, by owner: the name is that of its first key.', table(['Owner', 'Waiting', 'Running', 'Longest wait', ''], backlogRows(status)))}
        ${section('Tasks', 'Ended within the last 24 hours.', table(['Model', 'State', 'Code', 'Tasks'], outcomeRows(status)))}
        ${section('Poisoned tasks', 'Tasks of the last 24 hours whose worker vanished, and all that were given up for it. From the second time on a task runs alone, and it is given up only when its worker then ends by itself.', table(['Task', 'Model', 'State', 'Workers lost', 'Accepted', 'What follows', ''], suspectRows(status)))}
        ${section('Deliveries', 'Webhooks that failed at least once. Failed deliveries can be replayed for seven days.', html`${replayForm} ${table(['Host', 'State', 'Attempts', 'Last answer', 'Ended or due', 'Task', ''], deliveryRows(status))}`)}
        ${section('Workers', 'Workers that are warm now.', table(['Worker', 'Device', 'Fallback', 'Models', 'Since'], workerRows(status)))}
      </body>
    </html>`.text;
