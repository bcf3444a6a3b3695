import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { clearcut as runClearcut } from './support/cli.js';
import { startFileServer, type FileServer } from '../libs/weights/test/file-server.js';
import { newFolder } from '../libs/weights/test/tiny-package.js';
import { choiceFrom, content, filesIn, sha256 } from '../libs/weights/test/weights-folder.js';

describe('npx clearcut models', () => {
  let server: FileServer;
  let modelsDir: string;
  let modelsFile: string;

  beforeAll(async () => {
    server = await startFileServer(content);
    const folder = await newFolder();
    modelsFile = join(folder, 'models.json');
    const url = `${server.base}/tiny.onnx`;
    const { model } = choiceFrom(url);
    const { model: restricted } = choiceFrom(url, {
      licence: { name: 'NC', terms: 'Not for trade.', commercial: 'agreement' },
    });
    const { model: third } = choiceFrom(`${server.base}/third.onnx`, { sha256: '0'.repeat(64) });
    const models = [
      { ...third, air: 'acme:3@1', slug: 'third' },
      { ...model, air: 'acme:1@1' },
      { ...restricted, air: 'acme:2@1', slug: 'restricted' },
    ];
    await writeFile(modelsFile, JSON.stringify({ models }));
  });
  beforeEach(async () => {
    modelsDir = await newFolder();
    server.asked.length = 0;
    server.paths.clear();
  });

  /** Runs the command from the models folder, as `npx` would. */
  const clearcut = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runClearcut(['models', ...args], {
      MODELS_DIR: modelsDir,
      MODELS_FILE: modelsFile,
      INIT_CWD: modelsDir,
      ...env,
    });

  it('pulls a model by its AIR or slug, and lists it as installed', async () => {
    const pulled = await clearcut(['pull', 'acme:1@1']);
    expect(pulled).toMatchObject({ code: 0, out: '' });
    expect(pulled.err).toContain('Fetching tiny (fp32): 4 MB\n');
    expect(await filesIn(modelsDir)).toEqual([`sha256/${sha256}.onnx`]);

    const { out } = await clearcut(['list']);
    expect(out).toMatch(/^AIR +SLUG +FILE +SIZE +INSTALLED +LICENCE +COMMERCIAL USE +FROM\n/);
    expect(out).toMatch(/^acme:1@1 +tiny +fp32 +4 MB +yes +Free +yes +127\.0\.0\.1:\d+$/m);
    expect(out).toMatch(
      /^runware:112@2 +birefnet-v1-base-cod +fp32 +about 973 MB +- +MIT +yes; .* github\.com$/m,
    );
  });

  it('lists installed files that no model of the models file uses', async () => {
    await clearcut(['pull', 'tiny']);
    expect((await clearcut(['list'])).err).toBe('');

    const { err } = await clearcut(['list'], { MODELS_FILE: undefined });
    expect(err).toBe(
      `${join(modelsDir, 'sha256', `${sha256}.onnx`)} belongs to no model: ` +
        'delete it unless another MODELS_FILE names it.\n',
    );
  });

  it('lists models as JSON', async () => {
    const { out } = await clearcut(['list', '--json']);
    const items = JSON.parse(out) as { air: string }[];

    expect(items.find(({ air }) => air === 'acme:1@1')).toMatchObject({
      slug: 'tiny',
      variant: 'fp32',
      bytes: content.length,
      sha256,
      licence: { name: 'Free', commercial: 'allowed' },
      from: [`${server.base}/tiny.onnx`],
      installed: null,
    });
  });

  it('shows a licence that needs an agreement, and downloads after it was accepted', async () => {
    const refused = await clearcut(['pull', 'restricted']);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^clearcut: restricted \(fp32\) has the licence NC: Not for trade\. .*--accept-licence\.\n$/,
    );
    expect(server.asked).toEqual([]);

    expect((await clearcut(['pull', 'restricted', '--accept-licence'])).code).toBe(0);
  });

  it('downloads none of several models when the last licence is not accepted', async () => {
    const refused = await clearcut(['pull', 'third', 'restricted']);

    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('has the licence NC') });
    expect(server.asked).toEqual([]);
  });

  it('lists all failed downloads, and those that did not begin', async () => {
    server.paths.add('/elsewhere');
    const both = await clearcut(['pull', 'third, tiny,']);
    expect(both.err).toMatch(/third \(fp32\) could not be fetched: .* tiny \(fp32\) could not be fetched: /);

    const one = await clearcut(['pull', 'third', 'tiny', '--parallel', '1']);
    expect(one.err).toMatch(/third \(fp32\) could not be fetched: .* Not begun: acme:1@1\.\n$/);
    expect(one.err).not.toContain('tiny (fp32)');
  });

  it('downloads from a mirror', async () => {
    server.paths.add(`/mirror/sha256/${sha256}.onnx`);
    const { code } = await clearcut(['pull', 'tiny'], { MODELS_MIRROR: `${server.base}/mirror` });

    expect(code).toBe(0);
    expect(server.asked.map(({ url }) => url)).toEqual([`/mirror/sha256/${sha256}.onnx`]);
  });

  it('imports a file by a path relative to the user, and refuses a wrong file', async () => {
    await writeFile(join(modelsDir, 'brought.onnx'), content);
    await writeFile(join(modelsDir, 'wrong.onnx'), 'something else');

    const wrong = await clearcut(['import', 'tiny', 'wrong.onnx']);
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('wrong.onnx has 14 bytes instead of 4000000: it is not tiny (fp32).');
    expect(await filesIn(modelsDir)).toEqual(['brought.onnx', 'wrong.onnx']);

    expect((await clearcut(['import', 'tiny', 'brought.onnx'])).code).toBe(0);
    expect(await filesIn(modelsDir)).toContain(`sha256/${sha256}.onnx`);
    expect((await clearcut(['import', 'tiny', 'nowhere.onnx'])).err).toMatch(
      /nowhere\.onnx is not there\.\n$/,
    );
  });

  it('finds a damaged file and removes it', async () => {
    await clearcut(['pull', 'tiny']);
    expect(await clearcut(['verify'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^good +acme:1@1/),
    });

    const path = join(modelsDir, 'sha256', `${sha256}.onnx`);
    const damaged = await readFile(path);
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    await writeFile(path, damaged);
    const found = await clearcut(['verify', 'tiny']);
    expect(found).toMatchObject({ code: 1, out: expect.stringMatching(/^damaged +acme:1@1/) });
    expect(found.err).toMatch(/has the sha-256 .*: remove and pull the damaged files\.\n$/);

    const removed = await clearcut(['remove', 'tiny']);
    expect(removed.out).toMatch(/^removed +acme:1@1 +fp32 /);
    expect(removed.err).toBe('acme:2@1 used the same file.\n');
    expect(await filesIn(modelsDir)).toEqual([]);
    expect(await clearcut(['verify', 'tiny'])).toMatchObject({
      code: 1,
      err: 'clearcut: None of these models is installed.\n',
    });
  });

  it.each([
    [['fetch'], 2, 'There is no command models fetch.'],
    [['pull'], 2, 'Name a model, such as runware:112@5.'],
    [['pull', 'nobody'], 2, 'There is no model nobody: npx clearcut models list names them all.'],
    [['pull', 'tiny', '--quick'], 2, 'There is no option --quick.'],
    [['pull', 'tiny', '--variant', 'int4'], 2, 'acme:1@1 has no variant int4: name one of fp32.'],
    [['pull', 'tiny', '--sha256', 'abc'], 2, '--sha256 takes 64 hexadecimal digits.'],
    [
      ['pull', 'tiny', '--mirror', 'ftp://x'],
      2,
      '--mirror takes a URL that starts with https:// or http://.',
    ],
    [
      ['pull', 'tiny', '--mirror', 'http://:80'],
      2,
      '--mirror takes a URL that starts with https:// or http://.',
    ],
    [['pull', 'tiny', '--mirror', 'http://me:word@x'], 2, '--mirror may hold no user name and no password'],
    [['pull', 'tiny', '--mirror', 'http://x/?a=b'], 2, '--mirror may have no query and no fragment.'],
    [['import', 'tiny'], 2, 'Name a model and a file.'],
  ])('answers %j with code %i and its usage', async (args, code, message) => {
    const ended = await clearcut(args);

    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toMatch(
      /^clearcut: .*\nUsage: npx clearcut models .*\nSee npx clearcut models.* --help\.\n$/,
    );
    expect(ended.err).toContain(`clearcut: ${message}`);
  });

  it('says in one sentence that the file does not exist, and leaves nothing behind', async () => {
    server.paths.add('/elsewhere');
    const { code, err } = await clearcut(['pull', 'tiny']);

    expect(code).toBe(1);
    expect(err).toBe(`clearcut: tiny (fp32) could not be fetched: ${server.base}/tiny.onnx answers 404.\n`);
    expect(await filesIn(modelsDir)).toEqual([]);
  });

  it('names the models file and the faulty field', async () => {
    const broken = join(modelsDir, 'models.json');
    await mkdir(modelsDir, { recursive: true });
    await writeFile(broken, JSON.stringify({ models: [{ air: 'acme' }] }));

    const { code, err } = await clearcut(['list'], { MODELS_FILE: broken });
    expect(code).toBe(1);
    expect(err).toContain(
      `clearcut: The models file ${broken} is not usable: models[0].air: must be an AIR id`,
    );

    const absent = await clearcut(['list'], { MODELS_FILE: join(modelsDir, 'absent.json') });
    expect(absent.err).toMatch(/^clearcut: The models file .*absent\.json cannot be read: ENOENT/);
  });
});
