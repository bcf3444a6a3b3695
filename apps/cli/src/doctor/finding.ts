/** What one check found. A hint is worth reading and no fault. */
export type Finding = {
  readonly name: string;
  readonly note: string;
  readonly fault?: string;
  readonly hint?: string;
};

/** Part of the program that an image of another program lacks. */
export const isAbsentHere = (error: unknown, library: string): boolean =>
  error instanceof Error && new RegExp(`^Cannot find (module|package) .*${library}`).test(error.message);
