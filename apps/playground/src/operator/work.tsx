import { cancelWaiting, replayTask, type Overview, type Queue, type Work, type Worker } from './api.js';
import { count, moment, rate, shortId, span, spanOrDash } from './format.js';
import { act, confirm } from './state.js';
import { Table } from './table.js';

const inSeconds = (ms: number | null) => spanOrDash(ms === null ? null : ms / 1000);

const jobsOf = ({ jobs }: Queue): string => {
  if (!jobs) return 'does not answer';
  const named = Object.entries(jobs).filter(([, jobCount]) => jobCount > 0);
  return named.map(([state, jobCount]) => `${count(jobCount)} ${state}`).join(', ') || 'none';
};

export const Queues = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Queues"
    none="No worker has served a model yet."
    head={[
      'Model',
      'Waiting',
      'Running',
      'Longest wait',
      'Per minute',
      'Empty in',
      'Waits, median',
      'Waits, p95',
      'Jobs',
    ]}
    rows={overview.queues}
    keyOf={({ model }) => model}
    cells={(queue) => [
      queue.model,
      count(queue.waiting),
      count(queue.running),
      span(queue.longestWaitS),
      rate(queue.perMinute),
      spanOrDash(queue.emptyInS),
      inSeconds(queue.medianWaitMs),
      inSeconds(queue.longWaitMs),
      jobsOf(queue),
    ]}
  />
);

export const Owners = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Waiting by owner"
    none="Nobody waits."
    head={['Owner', 'Waiting', 'Running', 'Longest wait', '']}
    rows={overview.owners}
    keyOf={({ ownerId }) => ownerId}
    cells={({ ownerId, name, tasks, running, oldestSeconds }) => [
      name,
      count(tasks),
      count(running),
      span(oldestSeconds),
      <button
        type="button"
        class="action"
        onClick={() =>
          confirm(`Cancel all tasks of ${name} that wait? Its callers are told so.`, 'Cancel them', () =>
            cancelWaiting(ownerId),
          )
        }
      >
        Cancel
      </button>,
    ]}
  />
);

const stages: readonly (readonly [string, string])[] = [
  ['fetch', 'fetch'],
  ['decode', 'decode'],
  ['preprocess', 'prepare'],
  ['infer', 'network'],
  ['postprocess', 'mask'],
  ['encode', 'encode'],
  ['store', 'store'],
  ['upload', 'upload'],
];

/** The stages of a task, each as long as it takes. */
const Stages = ({ work: { medianMs } }: { readonly work: Work }) => {
  const timed = stages.flatMap(([name, label]) => {
    const ms = medianMs[name] ?? 0;
    return ms > 0 ? [{ name, label, ms }] : [];
  });
  const total = timed.reduce((sum, { ms }) => sum + ms, 0);
  const words = timed.map(({ label, ms }) => `${label} ${span(ms / 1000)}`).join(', ');
  return (
    <div class="stages" role="img" aria-label={words} title={words}>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none">
        {timed.map(({ name, ms }, i) => {
          const before = timed.slice(0, i).reduce((sum, each) => sum + each.ms, 0);
          return (
            <rect
              key={name}
              class={`stage-${name}`}
              x={(before / total) * 100}
              y={0}
              width={(ms / total) * 100}
              height={8}
            />
          );
        })}
      </svg>
      <span class="small quiet">{words}</span>
    </div>
  );
};

const Device = ({ worker: { device, requestedDevice, fallback } }: { readonly worker: Worker }) => (
  <>
    <b>{device}</b> {device !== requestedDevice && <span class="quiet">(asked for {requestedDevice})</span>}
    {fallback && <div class="small quiet">{fallback}</div>}
  </>
);

export const Workers = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Workers"
    about="Medians of the tasks of the last hour, at most 5,000."
    none="No worker is warm: tasks wait."
    head={['Worker', 'Device', 'Since', 'Slots', 'Models', 'Done', 'Stages']}
    rows={overview.workers}
    keyOf={({ id }) => id}
    cells={(worker) => [
      <code title={worker.id}>{shortId(worker.id)}</code>,
      <Device worker={worker} />,
      moment(worker.startedAt),
      count(worker.slots),
      worker.served.map(({ air, variant }) => <div key={`${air} ${variant}`}>{`${air} (${variant})`}</div>),
      count(worker.lately.reduce((sum, { tasks }) => sum + tasks, 0)),
      worker.lately.map((work) => <Stages key={work.model} work={work} />),
    ]}
  />
);

export const Outcomes = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Ended in the last 24 hours"
    none="Nothing has ended."
    head={['Model', 'How', 'Code', 'Tasks']}
    rows={overview.outcomes}
    keyOf={({ model, state, code }) => `${model} ${state} ${code}`}
    cells={({ model, state, code, tasks }) => [
      model,
      <span class={`pill ${state}`}>{code === 'taskCancelled' ? 'cancelled' : state}</span>,
      code ? <code>{code}</code> : '',
      count(tasks),
    ]}
  />
);

export const Suspects = ({ overview }: { readonly overview: Overview }) => (
  <Table
    title="Tasks whose worker vanished"
    about="From the second time on, a task runs alone. It is given up only when its worker then ends by itself."
    none="No worker has vanished with a task in the last 24 hours."
    head={['Task', 'Model', 'Workers lost', 'Accepted', 'What follows', '']}
    rows={overview.suspects}
    keyOf={({ id }) => id}
    cells={({ id, model, stalls, createdAt, explanation, canReplay }) => [
      <code>{id}</code>,
      model ?? '',
      count(stalls),
      moment(createdAt),
      explanation,
      canReplay && (
        <button type="button" class="action" onClick={() => void act(() => replayTask(id))}>
          Run again
        </button>
      ),
    ]}
  />
);
