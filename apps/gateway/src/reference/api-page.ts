import {
  codeAnchor,
  parameterAnchor,
  ProblemCode,
  problems,
  sectionAnchor,
  taskSchemas,
  type TaskType,
} from '#contract';
import { z } from 'zod';
import { jobSection } from './job-section.js';
import {
  escape,
  json,
  resolve,
  typeOf,
  type Document,
  type ObjectSchema,
  type Property,
} from './json-schema.js';
import { defaultUrl } from './default-url.js';
import { samplesAt } from './samples.js';
import { taskSamples, type TaskSample } from './task-samples.js';

const rangeOf = ({ minimum, maximum, default: preset }: Property): string =>
  [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `min ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `max ${maximum}`,
    preset !== undefined && `default \`${JSON.stringify(preset)}\``,
  ]
    .filter(Boolean)
    .join(', ');

const row = (taskType: string, [name, property]: [string, Property], required: readonly string[]): string => {
  const anchor = `<a id="${parameterAnchor(taskType, name)}"></a>`;
  const cells = [
    `${anchor}\`${name}\`${required.includes(name) ? ' **required**' : ''}`,
    typeOf(property),
    rangeOf(property),
    escape(property.description ?? ''),
  ];
  return `| ${cells.join(' | ')} |`;
};

/** A parameter and what is inside it, by their paths. */
const withInner = (document: Document, name: string, property: Property): [string, Property][] => {
  const resolved = resolve(property, document);
  const inner = Object.entries(resolved.properties ?? {});
  return [
    [name, resolved],
    ...inner.flatMap(([field, part]) => withInner(document, `${name}.${field}`, part)),
  ];
};

const sampleOf = ({ title, request, answer }: TaskSample): string[] => [
  '',
  `**${title}**`,
  '',
  ...(answer.errors ? ['<!-- not run: refused on purpose -->', ''] : []),
  ...json(request),
  '',
  ...json(answer),
];

const section = ([taskType, schema]: [string, z.ZodType]): string => {
  const document = z.toJSONSchema(schema, { io: 'input' }) as Document;
  const { description = '', properties = {}, required = [] } = resolve<ObjectSchema>(document, document);
  const rows = Object.entries(properties).flatMap(([name, property]) =>
    withInner(document, name, property).map((each) => row(taskType, each, required)),
  );
  const head = ['| parameter | type | range | |', '|---|---|---|---|'];
  return [
    `<a id="${sectionAnchor(taskType)}"></a>`,
    '',
    `## ${taskType}`,
    '',
    description,
    '',
    ...head,
    ...rows,
    ...(taskSamples[taskType as TaskType] ?? []).flatMap(sampleOf),
  ].join('\n');
};

const problemRows = () =>
  ProblemCode.options.map((code) => {
    const { status, retryable, title } = problems[code];
    const anchor = `<a id="${codeAnchor(code)}"></a>`;
    return `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${anchor}${title} |`;
  });

/** The way of `POST /v1/cutout`, whose parameters are those of the task removeBackground. */
const cutout = `<a id="cutout"></a>

## POST /v1/cutout

A file in, a picture out: what a sync removeBackground does, without JSON and base64. Runware does not have it.

\`\`\`bash
curl -sf -H "Authorization: Bearer $(cat .clearcut/api-key)" -F image=@docs/pictures/bear.jpg -F outputFormat=WEBP \\
  http://127.0.0.1:3000/v1/cutout -o bear.webp
\`\`\`

- **Image**: one file in a form, in a field of any name but those of further images; or the plain body, as \`image/*\`, \`application/octet-stream\` or
  without a type. In place of a file, \`image\` (or \`inputImage\`) may be a text: the address of an image, or the UUID of a
  stored one. Further images, such as \`compose.background.image\`, are files or texts in fields of their names. At most 47 MB,
  all files together.
- **Parameters**: those of [removeBackground](#task-removebackground), as fields of the form, before or behind the file, or
  in the query. Names within objects are dotted: \`settings.rgba\`, \`refine.levels.low\`. Numbers of one parameter have
  commas between them (\`settings.rgba=255,255,255,1\`), booleans are \`true\` or \`false\`, in any case. Each may come once. Of
  \`settings.rgba\` and the older spelling \`rgba\`, the one in \`settings\` counts, as in POST /v1; so with the other
  settings. \`model\` is \`runware:109@1\` if left out. \`deliveryMethod\` and \`webhookURL\` are refused, since this call
  waits, and so is \`taskType\`. \`outputType\` is taken only when the answer is JSON. A form has at most 32 fields of 8,192
  bytes each.
- **Answer**: the header \`Accept\` chooses \`image/png\`, \`image/webp\`, \`image/jpeg\`, or \`application/json\`, which gets what
  \`POST /v1\` answers. Of what it likes equally well, the more precisely named comes first, then the earlier, then PNG. With
  \`outputFormat\`, Accept must allow that format or JSON; otherwise the request is refused with \`incompatibleParameters\`.
- **Headers** of the answer: \`content-disposition\` with the name of the upload, \`x-clearcut-task-uuid\`,
  \`x-clearcut-image-uuid\`, \`x-clearcut-input-image-uuid\`, \`x-clearcut-cost\` in USD, \`x-clearcut-composition\` with the boxes of
  a [composition](compose.md#what-the-result-tells), and \`x-clearcut-warnings\`, a list of codes with their messages: \`resultEmpty;message="…"\`.
- **Errors** are always JSON, \`{ "errors": […] }\`, with the status of [their code](#errors). After \`SYNC_TIMEOUT_S\` the
  answer is 504, and the task goes on: ask for it by getResponse with its taskUUID, or send the same request again with the
  same \`Idempotency-Key\`.
- **Idempotency-Key**: any text. The same request with the same key is done once, and answered each time. A UUID is taken as
  taskUUID; from another text and the owner of the key the UUID is derived (version 5). Another request with a key whose
  task is in flight gets \`conflictTaskUUID\`. Once it has ended, the key stands for the new one, as with any taskUUID.
- **Caller gone**: without taskUUID and Idempotency-Key, the task is cancelled when the connection closes, unless
  \`cancelOnDisconnect=false\`.
- **Dry run**: \`?dryRun=1\` or \`true\`, or the header \`X-Runware-Dry-Run\`, checks and prices, and answers JSON. \`0\` and
  \`false\` mean none; any other value is refused, so that nothing is charged by mistake.
`;

/** The reference page as Markdown, made of the schemas that validate and the table of problems. */
export const apiPage = (): string =>
  [
    '# API',
    '',
    '`POST /v1` takes a JSON array of tasks and answers `{ "data": […], "errors": […] }`, one item per task; a key',
    'without items is left out. The status is 200 when a task succeeded, else that of the first error. This page is',
    'generated by `npm run docs` from the schemas that validate; a test validates its examples. docs/requests.md says how keys,',
    'bodies and repetitions work.',
    '',
    ...Object.entries(taskSchemas)
      .filter(
        ([taskType, schema], i, all) => all.findIndex(([, other]) => other === schema) === i && taskType,
      )
      .map((entry) => `${section(entry)}\n`),
    cutout,
    jobSection(),
    '## Errors',
    '',
    'An item of `errors` has:',
    '',
    '- `code`, by which programs tell errors apart, and `message` for people',
    '- `parameter` that is at fault, where it is one, and the `taskType` and `taskUUID` of the task as it was sent',
    '- `retryAfter`, seconds, where waiting helps; the HTTP header `Retry-After` says the same',
    '- `documentation`, the address of its description on this page',
    '- what else belongs to it, such as `min`, `max` or `allowedValues`',
    '',
    'A task with several faulty parameters gets an item for each, the most important one first.',
    '',
    ...json(samplesAt(defaultUrl).refusedTask),
    '',
    ...json(samplesAt(defaultUrl).failedTask),
    '',
    '| code | HTTP status | may succeed when sent again | meaning |',
    '|---|---|---|---|',
    ...problemRows(),
    '',
  ].join('\n');
