import { JobOptions, JobRequest } from '#contract';
import { z } from 'zod';
import { defaultUrl } from './default-url.js';
import { escape, json, resolve, typeOf, type Document } from './json-schema.js';
import { samplesAt } from './samples.js';

/** The part of the page about jobs. */
export const jobSection = (): string => {
  const document = z.toJSONSchema(JobRequest, { io: 'input' }) as Document & {
    examples?: readonly unknown[];
  };
  const whole = resolve<Document & { examples?: readonly unknown[] }>(document, document);
  const { properties = {}, required = [] } = whole;
  const own = Object.entries(properties).filter(([name]) => name !== 'options');
  const rows = own.map(([name, property]) => [
    `\`${name}\`${required.includes(name) ? ' **required**' : ''}`,
    typeOf(resolve(property, document)),
    escape(property.description ?? ''),
  ]);
  return [
    '<a id="jobs"></a>',
    '',
    '## /v1/jobs',
    '',
    'Many images with one set of options: [a guide](guides/batch.md#as-a-job). Runware does not have it.',
    '',
    '| request | answer |',
    '|---|---|',
    '| `POST /v1/jobs` | 202 and the job; sent again with the same `jobUUID` it is not done twice |',
    '| `GET /v1/jobs?limit=20&cursor=…` | jobs, newest first |',
    '| `GET /v1/jobs/JOBUUID` | the job: how many images wait, run, succeeded, failed or were cancelled, and the cost so far |',
    '| `GET /v1/jobs/JOBUUID/items?limit=20&after=…` | its images with their results and errors so far, as getResponse answers them |',
    '| `GET /v1/jobs/JOBUUID/results.zip` | the results so far, and `errors.json` with the images that have none |',
    '| `DELETE /v1/jobs/JOBUUID` | the job; what has not begun is cancelled, what runs ends as usual |',
    '',
    '| parameter | type | |',
    '|---|---|---|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    `| \`options\` **required** | object | Parameters of [removeBackground](#task-removebackground): ${Object.keys(JobOptions.shape).join(', ')}. \`priority\` is low if left out. Images in them are URLs or UUIDs. |`,
    '| `source.place`, `target.place` **required** | string | A name that the operator gave a folder or a bucket. |',
    '| `source.prefix`, `target.prefix` | string | The path of a folder in it, such as `shoes/2026`. All of the place if left out. |',
    '| `images.image` **required** | string | An http(s) URL, or the UUID of an uploaded or resulting image. |',
    '| `images.name` | string | The name of the result in the ZIP. Folders are kept, parts that lead out of the ZIP are dropped, and equal names are numbered. |',
    '',
    ...json(whole.examples?.[0]),
    '',
    ...json({ data: [samplesAt(defaultUrl).job] }),
    '',
    'The key must be in a header, and needs the scope `run` to create and cancel, `read` for the rest. An image that cannot be',
    'taken fails alone. Refusals that pass, such as a rate limit, a full queue or a model without a worker, are waited out, also',
    'when the job is created. Errors name an image by its place, which counts from 0: `images[3].image`.',
    '',
    'While a job cannot go on, `trouble` says why: no worker serves its model, or a place is away, full or refuses access. It goes',
    'on by itself, and `trouble` is gone then. The rate limit of its key is no trouble.',
    '',
    'A job has `images` or a `source`, which is listed after the answer: `isListing` and a growing `total` tell of it. If there',
    'is no such folder, or too many images, the job ends without any, and `problem` says why. With a `target`, an image counts',
    'as `success` once its result is written there, as `target.prefix`, its name and its ending, over an older file if there is',
    'one. [Folders and buckets](guides/batch.md#folders-and-buckets) says how an operator allows them.',
    '',
  ].join('\n');
};
