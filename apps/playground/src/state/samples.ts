import type { Options } from './settings.js';

type Request = {
  readonly root: string;
  readonly taskUUID: string;
  /** UUID of the uploaded image; undefined before the upload. */
  readonly imageUUID: string | undefined;
  /** Name of the photo, without folders. */
  readonly file: string;
  readonly options: Options;
};

export const programs = ['curl', 'JavaScript', 'Python'] as const;
export type Program = (typeof programs)[number];

/** The task as the page sends it. */
const taskOf = ({ taskUUID, imageUUID = 'UUID-OF-THE-IMAGE', options }: Request) => ({
  taskType: 'removeBackground',
  taskUUID,
  inputImage: imageUUID,
  ...options,
});

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const curl = (request: Request): string => {
  const body = JSON.stringify([taskOf(request)], undefined, 2);
  return [
    `curl ${quoted(`${request.root}/v1`)} \\`,
    `  -H "Authorization: Bearer $CLEARCUT_KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(body)}`,
  ].join('\n');
};

const resultName = ({ file, options }: Request) =>
  `${file.replace(/\.\w+$/, '')}-cutout.${(options.outputFormat ?? 'PNG').toLowerCase()}`;

const javaScript = (request: Request): string => {
  const options = JSON.stringify(request.options, undefined, 2);
  return `import { createClient } from '@clearcut/client';

const client = createClient({ url: ${JSON.stringify(request.root)}, apiKey: process.env.CLEARCUT_KEY });
const cutout = await client.removeBackground(${JSON.stringify(request.file)}, ${options});
await cutout.save(${JSON.stringify(resultName(request))});
`;
};

/** JSON that is Python as well. */
const toPython = (value: unknown): string =>
  JSON.stringify(value, undefined, 4)
    .replaceAll(/: true\b/g, ': True')
    .replaceAll(/: false\b/g, ': False');

const python = (request: Request): string => `import json
import os
from urllib.request import Request, urlopen

task = ${toPython(taskOf(request))}
request = Request(
    ${JSON.stringify(`${request.root}/v1`)},
    data=json.dumps([task]).encode(),
    headers={
        "Authorization": f"Bearer {os.environ['CLEARCUT_KEY']}",
        "Content-Type": "application/json",
    },
)
with urlopen(request) as answer:
    [cutout] = json.load(answer)["data"]
with urlopen(cutout["imageURL"]) as image, open(${JSON.stringify(resultName(request))}, "wb") as file:
    file.write(image.read())
`;

const writers: { readonly [P in Program]: (request: Request) => string } = {
  curl,
  JavaScript: javaScript,
  Python: python,
};

/** A program that asks for the same cutout. */
export const sampleOf = (program: Program, request: Request): string => writers[program](request);
