import { token } from '#nest';
import type { DeliveriesOptions } from './deliveries/deliveries.js';

export type DispatcherOptions = {
  readonly deliveries?: Partial<DeliveriesOptions>;
  /** The waits between the attempts of one delivery. */
  readonly delaysMs?: readonly number[];
};

export const DISPATCHER_OPTIONS = token<DispatcherOptions>('dispatcher options');
