import {
  Cutout,
  EndedJob,
  EndedTask,
  JobRequest,
  problems,
  Result,
  resultSchemas,
  Task,
  TaskArray,
  taskSchemas,
} from '#contract';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { describeOperations } from './operations.js';
import { htmlPage } from './html-page.js';
import { samplesAt } from './samples.js';
import { renewTaskUUIDs } from './swagger-ui.js';
import { webhooks } from './webhooks.js';

type Schemas = Record<string, Record<string, unknown>>;

const idOf = (schema: z.ZodType): string => String(schema.meta()?.id);

/** Tells code generators which property distinguishes the members of a union. */
const discriminator = (schemas: Readonly<Record<string, z.ZodType>>) => ({
  propertyName: 'taskType',
  mapping: Object.fromEntries(
    Object.entries(schemas).map(([taskType, schema]) => [taskType, `#/components/schemas/${idOf(schema)}`]),
  ),
});

/** A list of codes with status and meaning, which an OpenAPI enum cannot hold. */
const codeTable = (): string =>
  Object.entries(problems)
    .map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`)
    .join('\n');

/** Generators read a parameter with a `default` as one that must be sent, so its description names the value. */
const describeDefault = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  if (jsonSchema.default === undefined) return;
  const value = `Default: ${JSON.stringify(jsonSchema.default)}.`;
  jsonSchema.description = jsonSchema.description ? `${jsonSchema.description} ${value}` : value;
  delete jsonSchema.default;
};

/** The schemas under a schema that Swagger does not find by itself, since Nest does not validate by it. */
const schemasOf = (schema: z.ZodType, io: 'input' | 'output'): Schemas => {
  const json = z.toJSONSchema(schema, { io, override: describeDefault });
  const { $defs, $schema: _, ...whole } = json;
  const schemas = JSON.stringify({ [idOf(schema)]: whole, ...$defs });
  return JSON.parse(schemas.replaceAll('#/$defs/', '#/components/schemas/')) as Schemas;
};

/**
 * Exactly one member of these unions fits, which zod does not know. Generators of code want the `type` of what a
 * discriminator names.
 */
const makeExclusive = (schemas: Schemas): void => {
  for (const schema of new Set([Result, ...Object.values(resultSchemas)])) {
    const { anyOf, ...union } = schemas[idOf(schema)] ?? {};
    if (anyOf) schemas[idOf(schema)] = { ...union, type: 'object', oneOf: anyOf };
  }
};

const readable = ['imageUUID', 'imageURL', 'imageBase64Data', 'imageDataURI', 'cost'];

/** Lets programs read the image before they know the kind of the result: `data[0].imageURL`. */
const exposeImage = (schemas: Schemas) => {
  const fields = (schemas[idOf(Cutout)]?.['properties'] ?? {}) as Schemas;
  // Validators that are strict by default would refuse the other fields, which the members define.
  return {
    properties: Object.fromEntries(readable.map((name) => [name, fields[name] ?? {}])),
    unevaluatedProperties: true,
  };
};

const enrich = (document: OpenAPIObject, publicUrl: string): OpenAPIObject => {
  const schemas: Schemas = Object.assign(
    document.components?.schemas ?? {},
    schemasOf(TaskArray, 'input'),
    schemasOf(EndedTask, 'output'),
    schemasOf(EndedJob, 'output'),
    schemasOf(JobRequest, 'input'),
  );
  makeExclusive(schemas);
  Object.assign(schemas[idOf(Task)] ?? {}, { discriminator: discriminator(taskSchemas) });
  Object.assign(schemas[idOf(Result)] ?? {}, {
    ...exposeImage(schemas),
    discriminator: discriminator(resultSchemas),
  });
  const properties = schemas['ErrorItem']?.['properties'] as Schemas | undefined;
  Object.assign(properties?.['code'] ?? {}, { description: codeTable() });

  const samples = samplesAt(publicUrl);
  describeOperations(document, samples);
  return { ...document, webhooks: webhooks(samples) };
};

/** The OpenAPI 3.1 document, generated from the schemas that validate. */
export const createDocument = (app: NestFastifyApplication, publicUrl: string): OpenAPIObject => {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Clearcut')
    .setDescription("Self-hosted background removal. Speaks Runware's task API.")
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'The service that this document came from.')
    .addServer(publicUrl, 'PUBLIC_URL of the service.')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'API key',
      description: 'An API key of this service.',
    })
    .build();
  return enrich(SwaggerModule.createDocument(app, frame), publicUrl);
};

/**
 * Serves the document at /openapi.json, Swagger UI at /docs, and the page of all parameters at /reference. Errors
 * link to a parameter on that page (`documentation`); Swagger UI has no address for a parameter.
 */
export const serveReference = (app: NestFastifyApplication, publicUrl: string): void => {
  const page = htmlPage();
  app
    .getHttpAdapter()
    .getInstance()
    .get('/reference', (_, reply) => reply.type('text/html; charset=utf-8').send(page));
  SwaggerModule.setup('docs', app, () => createDocument(app, publicUrl), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Clearcut API',
    swaggerOptions: { requestInterceptor: renewTaskUUIDs },
  });
};
