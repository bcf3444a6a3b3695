import { problems, Task, TaskArray, taskSchemas } from '#contract';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { htmlPage } from './html-page.js';

type Schemas = Record<string, Record<string, unknown>>;

const idOf = (schema: (typeof taskSchemas)[keyof typeof taskSchemas]): string => String(schema.meta()?.id);

/** Tells code generators which property distinguishes the tasks. */
const discriminator = () => ({
  propertyName: 'taskType',
  mapping: Object.fromEntries(
    Object.entries(taskSchemas).map(([taskType, schema]) => [
      taskType,
      `#/components/schemas/${idOf(schema)}`,
    ]),
  ),
});

/** A list of codes with status and meaning, which an OpenAPI enum cannot hold. */
const codeTable = (): string =>
  Object.entries(problems)
    .map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`)
    .join('\n');

/** The schemas of the body of `POST /v1`. Nest does not validate it, so Swagger does not find them by itself. */
const bodySchemas = (): Schemas => {
  const { $defs, $schema: _, ...array } = z.toJSONSchema(TaskArray, { io: 'input' });
  const schemas = JSON.stringify({ [String(TaskArray.meta()?.id)]: array, ...$defs });
  return JSON.parse(schemas.replaceAll('#/$defs/', '#/components/schemas/')) as Schemas;
};

const enrich = (document: OpenAPIObject): OpenAPIObject => {
  const schemas: Schemas = Object.assign(document.components?.schemas ?? {}, bodySchemas());
  const task = schemas[String(Task.meta()?.id)];
  if (task) task['discriminator'] = discriminator();
  const errorItem = schemas['ErrorItem'];
  const properties = errorItem?.['properties'] as Schemas | undefined;
  if (properties?.['code']) properties['code']['description'] = codeTable();
  return document;
};

/** The OpenAPI 3.1 document, generated from the schemas that validate. */
export const createDocument = (app: NestFastifyApplication): OpenAPIObject => {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Clearcut')
    .setDescription("Self-hosted background removal. Speaks Runware's task API.")
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key of this service.' })
    .build();
  return enrich(SwaggerModule.createDocument(app, frame));
};

/**
 * Serves the document at /openapi.json, Swagger UI at /docs, and the page of all parameters at /reference. Errors
 * link to a parameter on that page (`documentation`); Swagger UI has no address for a parameter.
 */
export const serveReference = (app: NestFastifyApplication): void => {
  const page = htmlPage();
  app
    .getHttpAdapter()
    .getInstance()
    .get('/reference', (_, reply) => reply.type('text/html; charset=utf-8').send(page));
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Clearcut API',
  });
};
