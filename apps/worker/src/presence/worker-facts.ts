import { randomUUID } from 'node:crypto';
import type { WorkerFacts } from '#database';
import type { DeviceFacts } from '#inference';
import type { Models } from '../models/served-models.js';

/** What a worker tells others of itself. Each start of a worker is another one. */
export const describeWorker = (
  { served, installed }: Models,
  { provider, requested, device, fallback }: DeviceFacts,
): WorkerFacts => ({
  id: randomUUID(),
  provider,
  requestedDevice: requested,
  device,
  fallback: fallback ?? null,
  served: [...served].map(([air, { variant, sha256 }]) => ({ air, variant: variant.name, sha256 })),
  installed,
});
