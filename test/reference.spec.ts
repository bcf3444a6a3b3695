import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { loadCatalogue } from '#models';
import { ownModels } from '../apps/gateway/src/reference/models-example.js';
import { renderReference } from '../apps/gateway/src/reference/render.js';

describe('the API reference', () => {
  it('in the repository is up to date with npm run docs', async () => {
    for (const [path, text] of Object.entries(await renderReference())) {
      expect({ path, text: await readFile(path, 'utf8') }).toEqual({ path, text });
    }
  });

  it('has an example of a models file that is valid', () => {
    const file = { text: JSON.stringify(ownModels), name: 'models.json', url: 'file:///srv/models.json' };

    expect(loadCatalogue(file).get('acme:1@1')?.slug).toBe('acme-shoes');
  });

  it('has a discriminator, and every error code with its meaning', async () => {
    const files = await renderReference();
    const { components } = JSON.parse(files['openapi.json'] ?? '') as {
      components: { schemas: Record<string, unknown> };
    };
    expect(components.schemas['Task']).toMatchObject({
      discriminator: {
        propertyName: 'taskType',
        mapping: { imageBackgroundRemoval: '#/components/schemas/RemoveBackground' },
      },
    });
    expect(files['docs/api.md']).toContain('| `conflictTaskUUID` | 400 | no |');
    expect(files['docs/api.md']).toContain('<a id="request-outputquality"></a>');
  });
});
