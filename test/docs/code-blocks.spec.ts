import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath } from '#test/chromium';
import { writeModelsFile } from '#test/fleet';
import { pythonWith } from '#test/python-client';
import { freePort } from '#test/redis';
import { startS3Store, type S3Store } from '#test/s3-store';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';
import { pageOrigin, visit } from './browser.js';
import { codeBlocksOf, pages, type CodeBlock } from './code-blocks.js';
import { checkEnv, checkJson, checkYaml } from './data-blocks.js';
import { openReader, type Reader } from './reader.js';

const blocks = pages.flatMap(codeBlocksOf);

const say = (message: string) => void process.stderr.write(`\n*** ${message} ***\n`);
const has = (command: string) => spawnSync(command, ['--version']).error === undefined;

const hasPwsh = has('pwsh');
if (!hasPwsh) say('The PowerShell of the pages is NOT run: there is no pwsh');
const hasChromium = chromiumPath() !== undefined;
if (!hasChromium && process.env['CHROMIUM'] === 'required') throw new Error('Chromium must be installed.');
if (!hasChromium) say('The HTML of the pages is NOT run: there is no Chromium');
const python = await pythonWith('test/clients/python/standardwebhooks.txt').catch((cause: unknown) => {
  if (process.env['PYTHON_CLIENTS'] === 'required') throw cause;
  say(`The Python of the pages is NOT run: ${(cause as Error).message}`);
  return undefined;
});

/** Blocks that cannot run here, by their page. A new one needs a reason in its page, and this number. */
const notRun: Readonly<Record<string, number>> = {
  'README.md': 1,
  'docs/api.md': 1,
  'docs/command-line.md': 1,
  'docs/doors/fal.md': 2,
  'docs/doors/replicate.md': 2,
  'docs/kubernetes.md': 6,
  'docs/models.md': 1,
  'docs/operations.md': 19,
  'docs/performance.md': 1,
  'docs/quick-start.md': 2,
  'docs/reliability.md': 1,
};

const programs = new Set(['bash', 'powershell', 'js', 'python']);
const data: Readonly<Record<string, (code: string) => void>> = {
  json: checkJson,
  yaml: checkYaml,
  dotenv: checkEnv,
};
/** Output, diagrams and answers, which nobody types. */
const texts = new Set(['', 'text', 'mermaid']);

const isSkipped = ({ language }: CodeBlock) =>
  (language === 'powershell' && !hasPwsh) ||
  (language === 'html' && !hasChromium) ||
  (language === 'python' && !python);

let service: Service;
let store: S3Store;
let modelsDir: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  service = await startService({
    env: { OUTBOUND_ALLOW: '127.0.0.1', CORS_ORIGINS: pageOrigin, DOORS: 'rembg,removebg' },
  });
  await service.worker.start();
  await service.dispatcher.start();
  store = await startS3Store();
  modelsDir = await mkdtemp(join(tmpdir(), 'clearcut-models-'));
  const { DATABASE_URL, DATA_DIR } = service.config;
  env = {
    DATABASE_URL,
    DATA_DIR,
    MODELS_DIR: modelsDir,
    MODELS_FILE: await writeModelsFile(modelsDir),
    INTRA_OP_THREADS: '1',
    AWS_ENDPOINT_URL_S3: store.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: store.env.S3_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: store.env.S3_SECRET_ACCESS_KEY,
  };
});
afterAll(async () => {
  await service.stop();
  await store.stop();
  await rm(modelsDir, { recursive: true, force: true });
});

describe('the code blocks of the pages', () => {
  it('are left out only with a reason, and only where this test says so', () => {
    const counts: Record<string, number> = {};
    for (const { page, notRun: reason } of blocks) if (reason) counts[page] = (counts[page] ?? 0) + 1;
    expect(counts).toEqual(notRun);
    const all = blocks.filter(({ language }) => programs.has(language));
    const left = all.filter((block) => block.notRun);
    say(`${all.length - left.length} of ${all.length} programs of the pages are run; the others say why not`);
  });

  it('are in a language that is tested', () => {
    const known = new Set([...programs, ...Object.keys(data), ...texts, 'sql', 'html']);
    expect(blocks.filter(({ language, notRun: reason }) => !reason && !known.has(language))).toEqual([]);
  });

  it('have each PowerShell beside the bash that it stands for', () => {
    const alone = blocks.filter(
      ({ language }, i) => language === 'powershell' && blocks[i - 1]?.language !== 'bash',
    );
    expect(alone).toEqual([]);
  });
});

const isTested = ({ language, notRun: reason }: CodeBlock) => !reason && !texts.has(language);

describe.each(pages.filter((page) => codeBlocksOf(page).some(isTested)))('%s', (page) => {
  const own = codeBlocksOf(page).filter(isTested);
  const outputs: (() => string)[] = [];
  let reader: Reader;
  beforeAll(async () => {
    const ports = { 8000: await freePort(), 8001: await freePort() };
    reader = await openReader({
      url: service.url,
      key: service.key,
      python: python ?? 'python3',
      env,
      ports,
    });
  });
  afterAll(() => reader.end());

  const execute = async (block: CodeBlock): Promise<unknown> => {
    if (block.language === 'sql') return service.database.$executeRawUnsafe(block.code);
    if (block.language === 'html') return expect(await visit(reader.here(block.code), service.key)).toBe(60);
    if (!programs.has(block.language)) return data[block.language]?.(block.code);
    if (!block.serves) return reader.run(block);
    const output = await reader.serve(block);
    outputs.push(output);
    return until('the program to listen', () => output().includes('listening'));
  };

  for (const block of own) {
    const title = `line ${block.line}: ${block.language}`;
    // What is not installed is said aloud at the top.
    if (isSkipped(block)) it.skip(`${title}, which is not installed`, () => undefined);
    else it(title, async () => void (await execute(block)));
  }

  if (own.some(({ serves }) => serves))
    it('sends to its receivers what they wait for', async () => {
      for (const output of outputs) await until('the call', () => output().includes(' success'));
    });
});
