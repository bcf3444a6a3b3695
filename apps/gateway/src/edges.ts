import type { ServiceConfig } from '#config';
import type { Database } from '#database';
import type { Catalogue } from '#models';
import type { Outbound } from '#outbound';
import type { TaskQueue } from '#queue';
import type { Secrets } from '#secrets';
import type { Storage } from '#storage';
import type { Logger, Tracing } from '#telemetry';
import type { WaitingRoom } from './answers/waiting-room.js';
import type { GatewayMetrics } from './gateway-metrics.js';
import type { Availability } from './models/availability.js';
import type { Admission } from './tasks/admission.js';
import type { Gate } from './tasks/gate.js';

/** Everything outside the gateway that its use cases touch. */
export type Edges = {
  readonly config: ServiceConfig;
  readonly catalogue: Catalogue;
  readonly database: Database;
  readonly queue: TaskQueue;
  readonly secrets: Secrets;
  readonly storage: Storage;
  readonly outbound: Outbound;
  readonly waitingRoom: WaitingRoom;
  readonly admission: Admission;
  readonly gate: Gate;
  readonly availability: Availability;
  readonly metrics: GatewayMetrics;
  readonly tracing: Tracing;
  /** Base of the addresses of images. */
  readonly publicUrl: string;
  readonly log: Logger;
};
