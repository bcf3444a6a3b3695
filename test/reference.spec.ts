import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import {
  documented,
  ProblemCode,
  TaskError,
  taskSchemas,
  toErrorItem,
  toFailure,
  withDocumentation,
} from '#contract';
import { loadCatalogue } from '#models';
import { z } from 'zod';
import { htmlPage } from '../apps/gateway/src/reference/html-page.js';
import { ownModels } from '../apps/gateway/src/reference/models-example.js';
import { renderReference } from '../apps/gateway/src/reference/render.js';

/** The names of all parameters, those within objects too. */
const parametersIn = (shape: Record<string, z.ZodType>): string[] =>
  Object.entries(shape).flatMap(([name, field]) => {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    if (!(inner instanceof z.ZodObject)) return [name];
    return [name, ...parametersIn(inner.shape).map((part) => `${name}.${part}`)];
  });

/** The anchor to which an error about a parameter links. */
const anchorOf = (taskType: string | undefined, parameter: string): string => {
  const routing = taskType === undefined ? {} : { taskType };
  const failure = toFailure(new TaskError('invalidParameter', 'No.', { parameter }), routing);
  const outcome = withDocumentation(failure, 'http://here');
  const link = new URL('error' in outcome ? (outcome.error.documentation ?? '') : '');
  expect(link.pathname).toBe('/reference');
  return link.hash.slice(1);
};

/** The anchor to which an error without a parameter links. */
const anchorOfCode = (code: ProblemCode): string =>
  new URL(
    String(documented(toErrorItem(new TaskError(code, 'No.')), 'http://here').documentation),
  ).hash.slice(1);

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

  it('has each anchor once, and one for every link of an error', () => {
    const page = htmlPage();
    const anchors = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(anchors).toEqual([...new Set(anchors)]);

    const links = Object.entries(taskSchemas).flatMap(([taskType, { shape }]) =>
      [...parametersIn(shape), 'unknown', 'settings.unknown', 'inputs.video', 'apiKey', 'a.b.c'].map(
        (parameter) => ({ taskType, parameter, anchor: anchorOf(taskType, parameter) }),
      ),
    );
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter(({ anchor }) => !anchors.includes(anchor))).toEqual([]);
    for (const code of ProblemCode.options) expect(anchors).toContain(anchorOfCode(code));
    // Without a known taskType, as when that is at fault.
    for (const taskType of ['unknown', '', undefined])
      expect(anchors).toContain(anchorOf(taskType, 'taskType'));
  });

  it('explains a parameter where its task is explained', () => {
    expect(anchorOf('removeBackground', 'settings.rgba')).toBe('request-settings-rgba');
    expect(anchorOf('imageBackgroundRemoval', 'taskUUID')).toBe('request-taskuuid');
    expect(anchorOf('imageUpload', 'taskUUID')).toBe('imageupload-request-taskuuid');
    expect(anchorOf('getResponse', 'unknown')).toBe('task-getresponse');
    expect(anchorOf('removeBackground', 'inputs.video')).toBe('request-inputs');
    expect(anchorOf(undefined, 'taskUUID')).toBe('error-invalidparameter');
    expect(anchorOf('removeBackground', 'apiKey')).toBe('authentication-request-apikey');
  });

  it('is led to by the page of requests, which lists every task', async () => {
    const page = await readFile('docs/requests.md', 'utf8');
    for (const schema of new Set(Object.values(taskSchemas))) {
      const [taskType = ''] = Object.entries(taskSchemas).find(([, other]) => other === schema) ?? [];
      expect(page).toContain(`| [\`${taskType}\`](api.md#task-${taskType.toLowerCase()})`);
    }
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
