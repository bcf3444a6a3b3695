import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `prisma generate` wants an address but never connects to it.
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://clearcut@127.0.0.1:5432/clearcut' },
});
