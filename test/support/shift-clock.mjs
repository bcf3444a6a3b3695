/**
 * Gives a process and its threads a wrong clock: NODE_OPTIONS=--import=<this file>, with TEST_CLOCK_OFFSET_MS. Timers
 * and performance.now() stay right, as on a machine whose clock was set wrongly.
 */
const offsetMs = Number(process.env.TEST_CLOCK_OFFSET_MS ?? 0);
const RightDate = Date;

globalThis.Date = class Date extends RightDate {
  constructor(...parts) {
    if (parts.length === 0) super(RightDate.now() + offsetMs);
    else super(...parts);
  }

  static now() {
    return RightDate.now() + offsetMs;
  }
};
