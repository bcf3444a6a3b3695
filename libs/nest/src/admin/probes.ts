import type { Probe } from '#program';
import { token } from '../token.js';

/** What a program answers at /health/live and /health/ready of its admin port. */
export type Probes = { readonly live: Probe; readonly ready: Probe };

export const PROBES = token<Probes>('probes');
