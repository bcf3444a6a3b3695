import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** Safe in logs, labels and tables. */
export const KeyName = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,62}$/u,
    'has up to 63 letters, digits, dots, dashes, underscores and @',
  );

/** Numbers, six digits of which behind the point are stored, that an operator may set of a key, and in words what each takes. */
export const keyNumbers = {
  ratePerS: {
    takes: 'tasks per second, from 0.001 to 1000000',
    rule: z.number().min(0.001).max(1e6),
  },
  inFlight: { takes: 'a whole number from 1 to 10000000', rule: z.int().min(1).max(10_000_000) },
  budgetUsd: { takes: 'US dollars from 0, less than 1000000', rule: z.number().min(0).lt(999_999.9999995) },
  share: { takes: 'a number from 0.001 to 1000', rule: z.number().min(0.001).max(1000) },
} as const;

/** A text that nobody guesses. */
export const newKey = (): string => `cc_${randomBytes(32).toString('base64url')}`;
