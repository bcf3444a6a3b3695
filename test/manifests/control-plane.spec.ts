import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  describeControlPlane,
  startControlPlane,
  type ControlPlane,
  type KubeObject,
} from '../support/control-plane.js';
import { charts, renderChart } from '../support/helm.js';
import { buildManifests, kustomizations, podsOf, readYaml, type Manifest } from '../support/manifests.js';
import { until } from '../support/until.js';

jest.setTimeout(300_000);

const execute = promisify(execFile);

const titleOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.name}`;

/** A pod as a controller makes it, to meet what the namespace enforces for pods only. */
const podOf = ({ kind, metadata, spec }: Manifest): KubeObject => ({
  ...spec.template,
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `${metadata.name}-${kind.toLowerCase()}-of-test` },
});

describeControlPlane('an API server of Kubernetes', () => {
  let plane: ControlPlane;
  const namespace = readYaml('k8s/base/namespace.yaml') as KubeObject;
  beforeAll(async () => {
    plane = await startControlPlane();
    expect((await plane.apply(namespace)).status).toBe(201);
    // The operator of the GPUs brings it.
    const nvidia = {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'nvidia' },
      handler: 'nvidia',
    };
    expect((await plane.apply(nvidia)).status).toBe(201);
  });
  afterAll(() => plane.stop());

  /** What the server refuses or warns of. */
  const faultsOf = async (objects: readonly KubeObject[], dryRun: boolean): Promise<readonly string[]> => {
    const faults: string[] = [];
    for (const object of objects) {
      const { status, body, warnings } = await plane.apply(object, { dryRun });
      if (status > 201) faults.push(`${titleOf(object)}: ${String(body['message'])}`);
      faults.push(...warnings.map((warning) => `${titleOf(object)}: ${warning}`));
    }
    return faults;
  };

  const sources: readonly (readonly [string, () => Promise<readonly Manifest[]>])[] = [
    ...kustomizations.map((folder) => [folder, () => buildManifests(folder)] as const),
    ...[...charts].map(([folder, values]) => [`the chart as ${folder}`, () => renderChart(values)] as const),
  ];

  describe.each(sources)('takes %s', (_, build) => {
    it('with known fields only, and no warning', async () => {
      const objects = await build();
      expect(objects.length).toBeGreaterThan(10);
      // A pod cannot be tried before its service account exists.
      expect(
        await faultsOf(
          objects.filter(({ kind }) => kind === 'ServiceAccount'),
          false,
        ),
      ).toEqual([]);
      expect(await faultsOf(objects, true)).toEqual([]);
      expect(await faultsOf(podsOf(objects).map(podOf), true)).toEqual([]);
    });
  });

  it('refuses an unknown field and a pod that the namespace does not allow, so that the above can fail', async () => {
    const objects = await buildManifests('k8s/overlays/cpu');
    const gateway = podsOf(objects).find(({ metadata }) => metadata.name === 'gateway');
    if (!gateway) throw new Error('There is no gateway.');
    const unknown = { ...gateway, spec: { ...gateway.spec, replicaz: 2 } };
    expect(await faultsOf([unknown], true)).toEqual([expect.stringContaining('replicaz')]);
    const template = gateway.spec.template;
    const asRoot = { ...template.spec, securityContext: { runAsUser: 0 } };
    const pod = podOf({ ...gateway, spec: { ...gateway.spec, template: { ...template, spec: asRoot } } });
    expect(await faultsOf([pod], true)).toEqual([expect.stringContaining('violates PodSecurity')]);
  });

  // Helm is not skipped alone: where there is a control plane, it is needed.
  it('takes a release through install, upgrade, rollback and removal by Helm', async () => {
    const env = { ...process.env, KUBECONFIG: plane.kubeconfig };
    const helm = (...args: string[]) => execute('helm', [...args, '--namespace', 'release'], { env });
    const jobsPath = '/apis/batch/v1/namespaces/release/jobs';
    const migrateJobs = async () => {
      const { body } = await plane.ask('GET', jobsPath);
      const items = body['items'] as readonly (KubeObject & { readonly status: { succeeded?: number } })[];
      return items.filter(({ metadata }) => metadata.name.startsWith('migrate'));
    };
    /** Ends the job as its controller does, since Helm waits for that. */
    const endMigration = async () => {
      const job = await until('the migration', async () =>
        (await migrateJobs()).find(({ status }) => !status.succeeded),
      );
      const at = new Date().toISOString();
      const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: at });
      const conditions = ['SuccessCriteriaMet', 'Complete'].map(condition);
      const status = { startTime: at, completionTime: at, succeeded: 1, conditions };
      const path = `${jobsPath}/${job.metadata.name}/status`;
      const answer = await plane.ask('PATCH', path, { status }, 'application/merge-patch+json');
      expect(answer).toMatchObject({ status: 200 });
    };
    const release = async (...args: string[]) => {
      const [done] = await Promise.all([helm(...args), endMigration()]);
      return done;
    };
    const imageOf = async () => {
      const { body } = await plane.ask('GET', '/apis/apps/v1/namespaces/release/deployments/gateway');
      return (body as unknown as Manifest).spec.template.spec.containers[0]?.image ?? '';
    };

    // The objects that were tried above belong to no release.
    await plane.apply({ ...namespace, metadata: { ...namespace.metadata, name: 'release' } });
    await release('install', 'clearcut', 'k8s', '--set', 'images.tag=1.0.0');
    expect(await imageOf()).toContain(':1.0.0');
    await release('upgrade', 'clearcut', 'k8s', '--set', 'images.tag=1.0.1');
    expect(await imageOf()).toContain(':1.0.1');
    await helm('rollback', 'clearcut', '1');
    expect(await imageOf()).toContain(':1.0.0');
    await helm('uninstall', 'clearcut');
    const { body } = await plane.ask('GET', '/apis/apps/v1/namespaces/release/deployments');
    expect(body['items']).toEqual([]);
  });
});
