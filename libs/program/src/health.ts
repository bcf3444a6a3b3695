import { reasonOf } from '#errors';
/** The answer to a probe. Only `ok` decides; the rest is information. */
export type Health = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

export type Probe = () => Promise<Health>;

/** Kubernetes and Docker give up after a second or two, so answer earlier. */
const TIMEOUT_MS = 900;

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Runs all checks in parallel. `ok` when all pass in time; failed checks are listed with their reason. */
export const checkAll =
  (checks: Readonly<Record<string, () => Promise<unknown>>>): Probe =>
  async () => {
    const results = Object.entries(checks).map(async ([name, check]): Promise<[string, string]> => {
      try {
        await inTime(check());
        return [name, 'up'];
      } catch (error) {
        return [name, `down: ${reasonOf(error)}`];
      }
    });
    const answers = await Promise.all(results);
    return { ok: answers.every(([, answer]) => answer === 'up'), ...Object.fromEntries(answers) };
  };

/** Asks in bounded time, and answers with the fallback when that fails. */
export const askInTime = async <T>(ask: () => Promise<T>, otherwise: (reason: string) => T): Promise<T> => {
  try {
    return await inTime(ask());
  } catch (error) {
    return otherwise(reasonOf(error));
  }
};
