import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pythonWith } from '#test/python-client';
import { startService, type Service } from '#test/service';

const execute = promisify(execFile);

const python = await pythonWith('test/openapi/schemathesis.txt').catch((error: unknown) => {
  if (process.env['PYTHON_CLIENTS'] === 'required') throw error;
  process.stderr.write(`\n*** The service is NOT tested by schemathesis: ${String(error)} ***\n`);
  return undefined;
});
// Schemathesis comes from Python's package index. Without it the test is skipped, and the line above says so.
const itSearches = python ? it : it.skip;

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'unsupported_method',
];
/** A busy machine makes few requests in the first time, so it gets the second. */
const SECONDS = [30, 300];
const ENOUGH = /\d{3,} generated/;

describe('requests that schemathesis makes from openapi.json', () => {
  let service: Service;
  let folder: string;
  beforeAll(async () => {
    // It leaves notes for its next run where it runs.
    folder = await mkdtemp(join(tmpdir(), 'clearcut-schemathesis-'));
    service = await startService();
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  itSearches(
    'get answers as the document describes them, and none is our fault',
    async () => {
      const search = async (seconds: number): Promise<string> => {
        const run = ['run', `${service.url}/openapi.json`, '-H', `Authorization: Bearer ${service.key}`];
        const limits = ['--seed', '1', '--max-time', `${seconds}`, '--suppress-health-check', 'all'];
        const output = ['--checks', checks.join(','), '--warnings', 'off', '--no-color'];
        const module = ['-I', '-m', 'schemathesis.cli'];
        const args = [...module, ...run, ...limits, ...output];
        const { stdout } = await execute(resolve(`${python}`), args, { cwd: folder }).catch(
          (error: unknown) => {
            throw new Error((error as { stdout?: string }).stdout || String(error), { cause: error });
          },
        );
        return stdout;
      };
      let stdout = '';
      for (const seconds of SECONDS) if (!ENOUGH.test(stdout)) stdout = await search(seconds);
      expect(stdout).toMatch(/Selected: (\d+)\/\1\n\s+Tested: \1\n/);
      expect(stdout).toMatch(ENOUGH);
    },
    900_000,
  );
});
