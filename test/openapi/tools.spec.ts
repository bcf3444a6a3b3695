import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConfig, lint } from '@redocly/openapi-core';
import ts from 'typescript';
import { pythonWith } from '#test/python-client';

const path = resolve('openapi.json');
const execute = promisify(execFile);

/** What a program does with the types: it sends a minimal removal, and reads the result. */
const program = `
import type { components, paths } from './api.js';

type Post = paths['/v1']['post'];
type Tasks = Post['requestBody']['content']['application/json'];
type Answer = Post['responses']['200']['content']['application/json'];

export const minimal: Tasks = [
  { taskType: 'removeBackground', taskUUID: 'a', model: 'runware:109@1', inputImage: 'https://a.example/b.png' },
];
export const urlOf = ({ data }: Answer): string | undefined => data?.[0]?.imageURL;

export const told = ({ data: [result] = [] }: Answer): string | number | undefined => {
  if (result?.taskType === 'mediaStorage' && 'operation' in result) return result.operation;
  if (result?.taskType === 'removeBackground' && 'status' in result && result.status === 'success') {
    const cutout: components['schemas']['Cutout'] = result;
    return cutout.inputImageUUID;
  }
  if (result?.taskType === 'ping') return result.pong ? 1 : 0;
  return undefined;
};

export const reason = (call: components['schemas']['EndedTask']): string =>
  call.status === 'success' ? call.imageUUID : (call.errors[0]?.code ?? '');

// @ts-expect-error There is no such task.
export const other: Tasks = [{ taskType: 'removeForeground', taskUUID: 'a' }];
// @ts-expect-error A removal does not take this format.
export const format: Tasks = [{ taskType: 'removeBackground', taskUUID: 'a', outputFormat: 'GIF' }];
`;

const python = await pythonWith('test/openapi/spec-validator.txt').catch((error: unknown) => {
  if (process.env['PYTHON_CLIENTS'] === 'required') throw error;
  process.stderr.write(`\n*** openapi.json is NOT tested by openapi-spec-validator: ${String(error)} ***\n`);
  return undefined;
});
// The validator comes from Python's package index. Without it the test is skipped, and the line above says so.
const itValidates = python ? it : it.skip;

describe('openapi.json', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-openapi-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("keeps Redocly's recommended rules", async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lint({ ref: path, config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
      [],
    );
  });

  it('has types for TypeScript, by which a minimal removal and the reading of its result compile', async () => {
    const generator = 'node_modules/openapi-typescript/bin/cli.js';
    const { stderr } = await execute(process.execPath, [generator, path, '-o', join(folder, 'api.d.ts')]);
    expect(stderr).not.toContain('⚠');
    await writeFile(join(folder, 'program.ts'), program);
    const options = {
      strict: true,
      noEmit: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      types: [],
    };
    const compiled = ts.createProgram([join(folder, 'program.ts')], options);
    const faults = ts.getPreEmitDiagnostics(compiled);
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  itValidates('passes openapi-spec-validator', async () => {
    const { stdout } = await execute(`${python}`, ['-I', '-m', 'openapi_spec_validator', path]);
    expect(stdout).toContain(': OK');
  });
});
