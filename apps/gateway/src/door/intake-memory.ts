import { TaskError } from '#contract';
import { token } from '#nest';

/** Memory for one body or connection. */
export type Lease = {
  /**
   * Waits until there is room for that many bytes in all.
   *
   * @param longestMs in place of the usual wait
   * @throws TaskError serviceUnavailable
   */
  readonly reserve: (bytes: number, longestMs?: number) => Promise<void>;
  /** Makes sure of that many bytes in all, at once. @throws TaskError serviceUnavailable */
  readonly need: (bytes: number) => void;
  /** Gives all but that many bytes back. */
  readonly keep: (bytes: number) => void;
  /** Gives everything back, and ends a wait. */
  readonly end: () => void;
};

/** The bytes of callers that the gateway holds, in memory or in files. */
export type IntakeMemory = {
  /** @param owner id; undefined for a caller without a known key */
  readonly open: (owner: string | undefined) => Lease;
  readonly usedBytes: () => number;
  /** Whether somebody has waited for room for more than two seconds. */
  readonly isCrowded: () => boolean;
};

export const INTAKE_MEMORY = token<IntakeMemory>('intake memory');

export type IntakeMemoryOptions = {
  readonly totalBytes: number;
  /** How long a caller waits for room. */
  readonly waitMs?: number;
  readonly now?: () => number;
};

/** All callers without a known key together. */
const STRANGERS_BYTES = 64 * 1024 * 1024;
const STRANGERS = '';
/** What one owner may take while no other waits; the rest is for newcomers. */
const LONE_PART = 0.75;
/** A small body does not wait for large ones. */
const SMALL_BYTES = 64 * 1024;
/** What small bodies may take beyond the rest. */
const SMALL_PART = 1 / 16;
const STEP_BYTES = 256 * 1024;
/** After this wait nobody overtakes any more. */
const PATIENCE_MS = 2_000;
const WINDOW_MS = 10_000;
const MAX_RETRY_AFTER_S = 60;

type Account = { used: number; waiting: number };
type Waiter = {
  readonly owner: string;
  readonly bytes: number;
  readonly sinceMs: number;
  readonly admit: () => void;
};

/** Bytes given back lately, as a rate. */
const createRate = (now: () => number) => {
  let fromMs = now();
  let bytes = 0;
  let lastRate = 0;
  return {
    add: (given: number) => {
      if (now() - fromMs > WINDOW_MS) {
        lastRate = bytes / (now() - fromMs);
        fromMs = now();
        bytes = 0;
      }
      bytes += given;
    },
    perMs: () => Math.max(lastRate, bytes / Math.max(1, now() - fromMs)),
  };
};

/** Shares a fixed number of bytes among callers. Nobody gets more than a part while others wait. */
export const createIntakeMemory = ({
  totalBytes,
  waitMs = 10_000,
  now = () => performance.now(),
}: IntakeMemoryOptions): IntakeMemory => {
  const accounts = new Map<string, Account>();
  const strangersBytes = Math.min(STRANGERS_BYTES, totalBytes / 2);
  const rate = createRate(now);
  let waiters: Waiter[] = [];
  let used = 0;

  const accountOf = (owner: string): Account => {
    const account = accounts.get(owner) ?? { used: 0, waiting: 0 };
    accounts.set(owner, account);
    return account;
  };
  const forget = (owner: string, { used: held, waiting }: Account) => {
    if (held === 0 && waiting === 0) accounts.delete(owner);
  };

  const shareOf = (owner: string): number => {
    if (owner === STRANGERS) return strangersBytes;
    const isWanted = waiters.some((waiter) => waiter.owner !== owner && waiter.owner !== STRANGERS);
    return isWanted ? totalBytes / accounts.size : totalBytes * LONE_PART;
  };
  const extraOf = (bytes: number) => (bytes <= SMALL_BYTES ? totalBytes * SMALL_PART : 0);
  const isWithinShare = (owner: string, bytes: number): boolean => {
    const held = accounts.get(owner)?.used ?? 0;
    if (held + bytes <= shareOf(owner)) return true;
    // One body of any size must be possible, however many owners there are.
    return owner !== STRANGERS && (held === 0 || held + bytes <= shareOf(owner) + extraOf(bytes));
  };
  const isRoom = (bytes: number) => used + bytes <= totalBytes * (1 - SMALL_PART) + extraOf(bytes);
  const fits = (owner: string, bytes: number) => isRoom(bytes) && isWithinShare(owner, bytes);

  const charge = (owner: string, bytes: number) => {
    const account = accountOf(owner);
    account.used += bytes;
    used += bytes;
    forget(owner, account);
  };

  const heldBy = ({ owner }: Waiter) => accounts.get(owner)?.used ?? 0;

  /** The next waiter: the one whose owner holds least, unless another waited too long. */
  const nextWaiter = (): Waiter | undefined => {
    const within = waiters.filter(({ owner, bytes }) => isWithinShare(owner, bytes));
    const [oldest] = within;
    if (!oldest) return undefined;
    const isLate = now() - oldest.sinceMs > PATIENCE_MS;
    const next = isLate ? oldest : within.toSorted((a, b) => heldBy(a) - heldBy(b))[0];
    return next && isRoom(next.bytes) ? next : undefined;
  };
  const admitWaiters = () => {
    for (let next = nextWaiter(); next; next = nextWaiter()) next.admit();
  };

  const full = (wanted: number): TaskError => {
    const ahead = wanted + waiters.reduce((sum, { bytes }) => sum + bytes, 0);
    const seconds = Math.ceil(ahead / Math.max(1, rate.perMs()) / 1000);
    const retryAfter = Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_S);
    const message = `The service holds as many bytes of requests as it can; try again in ${retryAfter} s.`;
    return new TaskError('serviceUnavailable', message, { retryAfter });
  };

  /** Resolves when the bytes are charged. `onLeave` gets a function that ends the wait. */
  const waitFor = (owner: string, bytes: number, longestMs: number, onLeave: (leave: () => void) => void) =>
    new Promise<void>((resolve, reject) => {
      const leave = (settle: () => void) => {
        if (!waiters.includes(waiter)) return;
        clearTimeout(timer);
        waiters = waiters.filter((each) => each !== waiter);
        const account = accountOf(owner);
        account.waiting--;
        forget(owner, account);
        settle();
      };
      const admit = () =>
        leave(() => {
          charge(owner, bytes);
          resolve();
        });
      const waiter: Waiter = { owner, bytes, sinceMs: now(), admit };
      const timer = setTimeout(() => leave(() => reject(full(bytes))), longestMs);
      accountOf(owner).waiting++;
      waiters.push(waiter);
      onLeave(() => leave(() => reject(full(bytes))));
    });

  const open = (ownerId: string | undefined): Lease => {
    const owner = ownerId ?? STRANGERS;
    let held = 0;
    let isEnded = false;
    let leave: (() => void) | undefined;

    const give = (bytes: number) => {
      if (bytes <= 0) return;
      held -= bytes;
      charge(owner, -bytes);
      rate.add(bytes);
      admitWaiters();
    };

    return {
      reserve: async (bytes, longestMs = waitMs) => {
        const more = bytes - held;
        if (more <= 0) return;
        const isFirst = waiters.length === 0 || bytes <= SMALL_BYTES;
        if (isFirst && fits(owner, more)) charge(owner, more);
        else await waitFor(owner, more, longestMs, (end) => (leave = end));
        held += more;
        if (isEnded) give(held);
      },
      need: (bytes) => {
        if (bytes <= held || isEnded) return;
        const wanted = Math.max(bytes - held, Math.min(STEP_BYTES, bytes));
        if (!fits(owner, wanted)) throw full(wanted);
        held += wanted;
        charge(owner, wanted);
      },
      keep: (bytes) => give(held - bytes),
      end: () => {
        isEnded = true;
        leave?.();
        give(held);
      },
    };
  };

  return {
    open,
    usedBytes: () => used,
    isCrowded: () => waiters.some(({ sinceMs }) => now() - sinceMs > PATIENCE_MS),
  };
};
