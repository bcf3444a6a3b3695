import { token } from '#nest';
import type { DoorOptions } from './door/front-door.js';
import type { SocketOptions } from './socket/serve-sockets.js';

/** What tests set and the environment does not. */
export type GatewayOptions = SocketOptions & DoorOptions;

export const GATEWAY_OPTIONS = token<GatewayOptions>('gateway options');
