import { openSecrets, type Secrets } from '#secrets';
import { Module } from '@nestjs/common';
import { CONFIG } from './program.module.js';
import { provide, token } from './token.js';

export const SECRETS = token<Secrets>('secrets');

@Module({
  providers: [provide(SECRETS, ({ config }) => openSecrets(config), { config: CONFIG })],
  exports: [SECRETS],
})
export class SecretsModule {}
