import { InputError } from './errors.js';

type Options = {
  /** How many items are in hand at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
};

const iteratorOf = <T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> =>
  Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();

const checked = (concurrency: number): number => {
  if (Number.isInteger(concurrency) && concurrency > 0) return concurrency;
  throw new InputError('invalidInput', 'concurrency is not a whole number above 0.');
};

/** Gives each work a signal of its own: what listens to a shared one, and all that it holds, would stay till the end. */
const withOwnSignal = async <R>(shared: AbortSignal, work: (own: AbortSignal) => Promise<R>): Promise<R> => {
  shared.throwIfAborted();
  const own = new AbortController();
  const stop = () => own.abort(shared.reason);
  shared.addEventListener('abort', stop);
  try {
    return await work(own.signal);
  } finally {
    shared.removeEventListener('abort', stop);
  }
};

/**
 * Works on several items at once. Results come as they end. At most `concurrency` items are read ahead, and as many
 * results wait to be taken. Ends when the work rejects; a reader that leaves aborts the rest.
 */
export async function* inParallel<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T, place: number, signal: AbortSignal) => Promise<R>,
  { concurrency, signal: stop }: Options,
): AsyncGenerator<R, void, undefined> {
  const most = checked(concurrency);
  const iterator = iteratorOf(items);
  const leaving = new AbortController();
  const signal = AbortSignal.any([leaving.signal, ...(stop ? [stop] : [])]);
  const inHand = new Map<number, Promise<readonly [number, R]>>();
  let place = 0;

  /** Begins with the next item. @returns whether there was one */
  const begin = async (): Promise<boolean> => {
    const next = await iterator.next();
    if (next.done) return false;
    const at = place++;
    const working = withOwnSignal(signal, (own) => work(next.value, at, own));
    const placed = working.then((result) => [at, result] as const);
    // Awaited below, but maybe only after another one.
    placed.catch(() => undefined);
    inHand.set(at, placed);
    return true;
  };

  try {
    for (let isMore = true; ;) {
      signal.throwIfAborted();
      while (isMore && inHand.size < most) isMore = await begin();
      if (inHand.size === 0) return;
      const [at, result] = await Promise.race(inHand.values());
      inHand.delete(at);
      yield result;
    }
  } finally {
    leaving.abort(new Error('The rest is not wanted.'));
    await Promise.allSettled(inHand.values());
    await iterator.return?.();
  }
}
