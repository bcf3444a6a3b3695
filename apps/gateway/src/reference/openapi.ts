import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI 3.1 document, generated from the schemas that validate. */
const createDocument = (app: NestFastifyApplication): OpenAPIObject => {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Clearcut')
    .setDescription("Self-hosted background removal. Speaks Runware's task API.")
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key of this service.' })
    .build();
  return SwaggerModule.createDocument(app, frame);
};

/** Serves the document at /openapi.json and Swagger UI at /docs. */
export const serveReference = (app: NestFastifyApplication): void => {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Clearcut API',
  });
};
