import { databaseNowMs } from '#database';
import { createImageSignatures, openSecrets, type ImageSignatures, type Secrets } from '#secrets';
import { Module } from '@nestjs/common';
import { DATABASE, DatabaseModule } from './database.module.js';
import { CONFIG } from './program.module.js';
import { provide, token } from './token.js';

export const SECRETS = token<Secrets>('secrets');

/** Undefined unless IMAGE_URL_TTL_S is set: then addresses of images work until they are deleted. */
export const IMAGE_SIGNATURES = token<ImageSignatures | undefined>('image signatures');

@Module({
  imports: [DatabaseModule],
  providers: [
    provide(SECRETS, ({ config }) => openSecrets(config), { config: CONFIG }),
    provide(
      IMAGE_SIGNATURES,
      ({ config: { IMAGE_URL_TTL_S: ttlS }, database, secrets }) =>
        // One gateway signs and another checks, so both go by Postgres' clock.
        ttlS === undefined ? undefined : createImageSignatures(secrets, ttlS, () => databaseNowMs(database)),
      { config: CONFIG, database: DATABASE, secrets: SECRETS },
    ),
  ],
  exports: [SECRETS, IMAGE_SIGNATURES],
})
export class SecretsModule {}
