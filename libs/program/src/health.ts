/** An answer to a probe; what else it says is for whoever reads it. */
export type Health = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

export type Probe = () => Promise<Health>;

/** Below the second or two after which a probe gives up. */
const TIMEOUT_MS = 900;

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Asks each dependency; ok when all answer in time. What does not is named with the reason. */
export const checkAll =
  (checks: Readonly<Record<string, () => Promise<unknown>>>): Probe =>
  async () => {
    const asked = Object.entries(checks).map(async ([name, check]): Promise<[string, string]> => {
      try {
        await inTime(check());
        return [name, 'up'];
      } catch (error) {
        return [name, `down: ${reasonOf(error)}`];
      }
    });
    const answers = await Promise.all(asked);
    return { ok: answers.every(([, answer]) => answer === 'up'), ...Object.fromEntries(answers) };
  };

/** Asks one question in bounded time; when nothing answers, the fallback is given the reason. */
export const askInTime = async <T>(ask: () => Promise<T>, otherwise: (reason: string) => T): Promise<T> => {
  try {
    return await inTime(ask());
  } catch (error) {
    return otherwise(reasonOf(error));
  }
};
