import type { Catalogue } from '#models';
import { token } from '#nest';

/** The models that tasks may name, by AIR id. */
export const CATALOGUE = token<Catalogue>('catalogue');
