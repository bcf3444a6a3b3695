import type { Presets } from '#contract';
import { token } from '#nest';

/** The presets that compositions may name. */
export const PRESETS = token<Presets>('presets');
