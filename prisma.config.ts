import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Prisma would download its migration engine after installation. Ours runs from what npm has installed already.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
  new URL('./tools/schema-engine.mjs', import.meta.url),
);

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `prisma generate` wants an address but never connects to it.
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://clearcut@127.0.0.1:5432/clearcut' },
});
