import { createLogger } from '#telemetry';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Edges } from '../edges.js';
import { GatewayModule } from '../gateway.module.js';
import { apiPage } from './api-page.js';
import { modelsPage } from './models-page.js';
import { createDocument } from './openapi.js';

/** The files that are generated from the schemas, by their paths in the project. */
export const renderReference = async (): Promise<Record<string, string>> => {
  // The document is made of the controllers' decorators; nothing outside is touched for it.
  const edges = { log: createLogger('docs', 'silent') } as Edges;
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of(edges),
    new FastifyAdapter(),
    {
      logger: false,
    },
  );
  try {
    return {
      'openapi.json': `${JSON.stringify(createDocument(app), undefined, 2)}\n`,
      'docs/api.md': apiPage(),
      'docs/models.md': modelsPage(),
    };
  } finally {
    await app.close();
  }
};
