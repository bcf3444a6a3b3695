import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { keyScopes } from './keys.js';

/** Safe in logs, labels and tables. */
export const KeyName = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,62}$/u,
    'has up to 63 letters, digits, dots, dashes, underscores and @',
  );

/** What an operator may set of a key. Null takes a limit away. */
export const keyLimits = {
  ratePerS: z.number().positive().max(1e6).nullable(),
  inFlight: z.int().min(1).max(10_000_000).nullable(),
  budgetUsd: z.number().min(0).lt(1e6).nullable(),
  share: z.number().min(0.001).max(1000),
  scopes: z.array(z.enum(keyScopes)).min(1),
} as const;

/** A text that nobody guesses. */
export const newKey = (): string => `cc_${randomBytes(32).toString('base64url')}`;
