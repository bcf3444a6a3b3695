const SLICE_BYTES = 256 * 1024;
/** After this time other work gets its turn. */
const TURN_MS = 8;

let turnStartMs = 0;
let nextTurn: Promise<void> | undefined;

const startTurn = () =>
  new Promise<void>((resolve) => {
    setImmediate(() => {
      turnStartMs = performance.now();
      nextTurn = undefined;
      resolve();
    });
  });

/** Resolves at once, or after other work had its turn. All long work together shares a turn. */
export const breathe = async (): Promise<void> => {
  // All that wait wake in one turn; those that come after its time wait on.
  while (performance.now() - turnStartMs >= TURN_MS) await (nextTurn ??= startTurn());
};

/** Gives the pieces of much work their turns, with other work between them. */
export const createTurns = (): (() => Promise<void>) => {
  let last = Promise.resolve();
  return () => (last = last.then(breathe));
};

/**
 * Works on a long text piece by piece, so that other work is not held up.
 *
 * @param step works from `at` to about `end`; it returns where it stopped, and -1 to stop for good
 */
export const inSlices = async (
  length: number,
  step: (at: number, end: number) => number,
  sliceBytes = SLICE_BYTES,
): Promise<void> => {
  for (let at = 0; at >= 0 && at < length;) {
    at = step(at, Math.min(length, at + sliceBytes));
    await breathe();
  }
};
