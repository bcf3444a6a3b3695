import type { PullOptions } from '#weights';
import { UsageError } from '../command.js';
import type { World } from './command.js';

/** The options of the commands that install. */
export const consentOptions = {
  'accept-licence': { type: 'boolean' },
  sha256: { type: 'string' },
  'trust-on-first-use': { type: 'boolean' },
} as const;

export const consentUsage = `  --accept-licence       accept a licence that needs it; without this option the licence is shown
  --sha256 HASH          the expected hash, for files without a published one
  --trust-on-first-use   accept such a file as it is, and require the same hash later
`;

type Values = {
  readonly 'accept-licence'?: boolean | undefined;
  readonly sha256?: string | undefined;
  readonly 'trust-on-first-use'?: boolean | undefined;
};

/** @throws UsageError when the hash is malformed */
export const toOptions = (
  { config, progress, signal }: World,
  values: Values,
  usage: string,
): PullOptions => {
  const sha256 = values.sha256?.toLowerCase();
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw new UsageError('--sha256 takes 64 hexadecimal digits.', usage);

  const consent = {
    acceptLicence: values['accept-licence'],
    sha256,
    trustOnFirstUse: values['trust-on-first-use'],
  };
  return { modelsDir: config.MODELS_DIR, mirror: config.MODELS_MIRROR, progress, signal, consent };
};
