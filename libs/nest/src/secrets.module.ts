import { createImageSignatures, openSecrets, type ImageSignatures, type Secrets } from '#secrets';
import { Module } from '@nestjs/common';
import { CONFIG } from './program.module.js';
import { provide, token } from './token.js';

export const SECRETS = token<Secrets>('secrets');

/** Undefined unless IMAGE_URL_TTL_S is set: then addresses of images work until they are deleted. */
export const IMAGE_SIGNATURES = token<ImageSignatures | undefined>('image signatures');

@Module({
  providers: [
    provide(SECRETS, ({ config }) => openSecrets(config), { config: CONFIG }),
    provide(
      IMAGE_SIGNATURES,
      ({ config: { IMAGE_URL_TTL_S: ttlS }, secrets }) =>
        ttlS === undefined ? undefined : createImageSignatures(secrets, ttlS),
      { config: CONFIG, secrets: SECRETS },
    ),
  ],
  exports: [SECRETS, IMAGE_SIGNATURES],
})
export class SecretsModule {}
