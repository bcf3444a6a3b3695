import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from './manifests.js';

const execute = promisify(execFile);

/** A helm that was built without its release script takes an old Kubernetes for given. */
const common = ['k8s', '--kube-version', '1.33.0'];

const hasHelm = !spawnSync('helm', ['version']).error;

/** Like Jest's describe, but skipped with a notice where helm is not installed. */
export const describeChart = (title: string, tests: () => void): void => {
  if (hasHelm) return describe(title, tests);
  if (process.env['HELM'] === 'required')
    throw new Error('The chart must be tested, but helm is not installed.');
  process.stderr.write('\n*** NOTHING is tested of the chart: helm is not installed ***\n');
  describe.skip(`${title}, not run since helm is not installed`, tests);
};

/** The values that make of the chart what each overlay is. */
const overlays: Readonly<Record<string, readonly string[]>> = {
  cpu: [],
  'database-roles': ['databaseRoles=clearcut'],
  gpu: ['device=gpu'],
  keda: ['device=gpu', 'keda.enabled=true'],
  mig: ['device=mig', 'runtimeClass=nvidia'],
  monitoring: ['monitoring.enabled=true'],
  'shared-gpu': ['device=shared-gpu', 'prepull.enabled=true', 'weights.from=claim'],
  'weights-image': ['weights.from=image'],
  'weights-volume': [],
};

/** Renders the chart with values such as `device=gpu`. @throws with the text of helm */
export const renderChart = async (values: readonly string[]): Promise<readonly Manifest[]> => {
  const args = ['template', 'clearcut', ...common, ...values.flatMap((value) => ['--set', value])];
  const { stdout } = await execute('helm', args, { maxBuffer: 64 * 1024 * 1024 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
};

export const lintChart = () => execute('helm', ['lint', '--strict', ...common]);

/** The chart as each overlay, by the overlay's folder; none where helm is not installed. */
export const charts: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(overlays)
    .filter(() => hasHelm)
    .map(([name, values]) => [`k8s/overlays/${name}`, values]),
);
