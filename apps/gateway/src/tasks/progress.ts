import {
  deviceLine,
  isServed,
  MAX_COUNTED,
  paceOf,
  remoteLine,
  type Database,
  type Pace,
  type TaskRow,
} from '#database';
import { token } from '#nest';

/** What a task that has not ended is doing, and when it is its turn. */
export type Progress = {
  readonly stage: 'waiting' | 'fetch' | 'device' | 'upload';
  readonly queuePosition?: number;
  readonly estimatedStartS?: number;
  /** Whether no worker serves its model. */
  readonly waitsForWorker?: true;
};

export type ReadProgress = (task: TaskRow) => Promise<Progress>;

export const READ_PROGRESS = token<ReadProgress>('read progress');

const KEPT_MS = 1_000;
/** A task that a line lacks may have come since the line was read. */
const RECENT_MS = 100;
const MAX_KEPT = 1_000;

type Kept<T> = { readonly atMs: number; readonly value: Promise<T> };

/** Loads a value at most once in `keptMs`, however many ask. */
const createKept = <T>(now: () => number) => {
  const all = new Map<string, Kept<T>>();
  return (key: string, keptMs: number, load: () => Promise<T>): Promise<T> => {
    const known = all.get(key);
    if (known && now() - known.atMs < keptMs) return known.value;
    if (all.size >= MAX_KEPT) for (const [old, { atMs }] of all) if (now() - atMs >= KEPT_MS) all.delete(old);
    const value = load();
    all.set(key, { atMs: now(), value });
    value.catch(() => all.delete(key));
    return value;
  };
};

/** Places by id, from 1. */
type Places = ReadonlyMap<string, number>;

const toPlaces = (ids: readonly string[]): Places =>
  new Map(ids.map((id, i) => [id, Math.min(i + 1, MAX_COUNTED)]));

/** Owners that wait for a model get parts of its pace by their shares. */
const estimate = ({ perSecond, shares }: Pace, ownerId: string, position: number): number | undefined => {
  if (perSecond === 0 || position >= MAX_COUNTED) return undefined;
  const own = shares.get(ownerId);
  const all = [...shares.values()].reduce((sum, share) => sum + share, 0);
  return Math.ceil(position / (perSecond * (own === undefined ? 1 : own / all)));
};

type Needs = { readonly database: Database };

/** Lines and paces are read once a second, so that many callers who ask cost no more than one. */
export const createReadProgress = (
  { database }: Needs,
  now: () => number = () => performance.now(),
): ReadProgress => {
  const lines = createKept<Places>(now);
  const paces = createKept<Pace>(now);
  const served = createKept<boolean>(now);

  const placeOf = async ({ id, ownerId, stage, model }: TaskRow): Promise<number | undefined> => {
    const load = async () =>
      toPlaces(
        await (stage === 'device'
          ? deviceLine(database, ownerId, model ?? '')
          : remoteLine(database, ownerId, stage)),
      );
    const lane = `${ownerId} ${stage === 'device' ? model : stage}`;
    const places = await lines(lane, KEPT_MS, load);
    const place = places.get(id) ?? (await lines(lane, RECENT_MS, load)).get(id);
    return place ?? (places.size >= MAX_COUNTED ? MAX_COUNTED : undefined);
  };

  const startOf = async (
    { stage, model, ownerId }: TaskRow,
    position: number,
  ): Promise<number | undefined> => {
    if (stage !== 'device' || model === null) return undefined;
    return estimate(await paces(model, KEPT_MS, () => paceOf(database, model)), ownerId, position);
  };

  const isUnserved = async ({ model }: TaskRow): Promise<boolean> =>
    model !== null && !(await served(model, KEPT_MS, () => isServed(database, model)));

  return async (task) => {
    if (task.state === 'running') return { stage: task.stage };
    const queuePosition = await placeOf(task);
    const estimatedStartS = queuePosition === undefined ? undefined : await startOf(task, queuePosition);
    return {
      stage: 'waiting',
      ...(queuePosition !== undefined && { queuePosition }),
      ...(estimatedStartS !== undefined && { estimatedStartS }),
      ...((await isUnserved(task)) && { waitsForWorker: true }),
    };
  };
};
