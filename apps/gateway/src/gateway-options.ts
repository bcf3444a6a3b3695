import { token } from '#nest';
import type { DoorOptions } from './door/front-door.js';
import type { ConnectionOptions } from './socket/connection.js';

/** What tests set and the environment does not. */
export type GatewayOptions = ConnectionOptions & DoorOptions;

export const GATEWAY_OPTIONS = token<GatewayOptions>('gateway options');
