import type { PullOptions } from '#weights';
import { UsageError } from '../usage-error.js';
import type { World } from './command.js';

/** Options of the commands that install. */
export const consentOptions = {
  'accept-licence': { type: 'boolean' },
  sha256: { type: 'string' },
  'trust-on-first-use': { type: 'boolean' },
} as const;

export const consentUsage = `  --accept-licence       accept a licence that needs it; it is shown without
  --sha256 HASH          what the file must have, where no hash is published
  --trust-on-first-use   take what comes of such a file, and hold later downloads to it
`;

type Values = {
  readonly 'accept-licence'?: boolean | undefined;
  readonly sha256?: string | undefined;
  readonly 'trust-on-first-use'?: boolean | undefined;
};

/** @throws UsageError when the hash is none */
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
