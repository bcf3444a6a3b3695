/** The answers of the dispatcher's /api, as apps/dispatcher/src/operator makes them. */
export type Queue = {
  readonly model: string;
  readonly waiting: number;
  readonly running: number;
  readonly longestWaitS: number;
  readonly perMinute: number;
  readonly emptyInS: number | null;
  readonly medianWaitMs: number | null;
  readonly longWaitMs: number | null;
  readonly jobs: Readonly<Record<string, number>> | null;
};

export type Work = {
  readonly model: string;
  readonly tasks: number;
  readonly medianMs: Readonly<Record<string, number | null>>;
};

export type Worker = {
  readonly id: string;
  readonly device: string;
  readonly requestedDevice: string;
  readonly fallback: string | null;
  readonly served: readonly { readonly air: string; readonly variant: string }[];
  readonly slots: number;
  readonly startedAt: string;
  readonly lately: readonly Work[];
};

export type Outcome = {
  readonly model: string;
  readonly state: 'succeeded' | 'failed';
  readonly code: string | null;
  readonly tasks: number;
};

export type Delivery = {
  readonly id: string;
  readonly taskId: string;
  readonly host: string;
  readonly state: 'pending' | 'failed' | 'stopped';
  readonly attempts: number;
  readonly nextAttemptAt: string;
  readonly endedAt: string | null;
  readonly canReplay: boolean;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly log: readonly Attempt[] | null;
};
export type Attempt = {
  readonly at: string;
  readonly ms: number;
  readonly status: number | null;
  readonly error: string | null;
};

export type Suspect = {
  readonly id: string;
  readonly model: string | null;
  readonly state: string;
  readonly stalls: number;
  readonly createdAt: string;
  readonly explanation: string;
  readonly canReplay: boolean;
};

export type Usage = {
  readonly key: string;
  readonly tasks: number;
  readonly failed: number;
  readonly costUsd: number;
};

export type Overview = {
  readonly at: string;
  readonly minutes: readonly { readonly at: string; readonly succeeded: number; readonly failed: number }[];
  readonly queues: readonly Queue[];
  readonly outcomes: readonly Outcome[];
  readonly owners: readonly {
    readonly ownerId: string;
    readonly name: string;
    readonly tasks: number;
    readonly running: number;
    readonly oldestSeconds: number;
  }[];
  readonly usage: { readonly today: readonly Usage[]; readonly month: readonly Usage[] };
  readonly suspects: readonly Suspect[];
  readonly deliveries: readonly Delivery[];
  readonly workers: readonly Worker[];
};

export type Limits = {
  readonly ratePerS: number | null;
  readonly inFlight: number | null;
  readonly budgetUsd: number | null;
  readonly share: number;
  readonly scopes: readonly string[];
  readonly models: readonly string[];
  readonly expiresAt: string | null;
};

export type Key = Limits & {
  readonly name: string;
  readonly owner: string;
  readonly prefix: string;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
};

export type NewKey = { readonly name: string; readonly key: string };

/** What the dispatcher answered when it did not do what was asked. The message is one sentence. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
  const answer = await fetch(`./api/${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Refusal((await answer.text()).trim() || `The service answers ${answer.status}.`);
  return answer.status === 204 ? undefined : answer.json();
};

const named = (name: string) => `keys/${encodeURIComponent(name)}`;

export const readOverview = () => ask('GET', 'overview') as Promise<Overview>;
export const readKeys = () => ask('GET', 'keys') as Promise<readonly Key[]>;
export const createKey = (wish: object) => ask('POST', 'keys', wish) as Promise<NewKey>;
export const limitKey = (name: string, limits: object) => ask('POST', `${named(name)}/limits`, limits);
export const rotateKey = (name: string) => ask('POST', `${named(name)}/rotate`, {}) as Promise<NewKey>;
export const revokeKey = (name: string) => ask('POST', `${named(name)}/revoke`, {});
export const cancelWaiting = (ownerId: string) => ask('POST', `owners/${ownerId}/cancel`, {});
export const replayTask = (id: string) => ask('POST', `tasks/${id}/replay`, {});
export const replayWebhook = (id: string) => ask('POST', `webhooks/${id}/replay`, {});
export const replayWebhooks = (span: object) => ask('POST', 'webhooks/replay', span);
