import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import {
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { findOwner, insertTask, openDatabase, putKey } from '#database';
import { catalogue } from '#models';
import { defaultPort, environmentNames } from '#test/environment-names';
import { freshDatabase } from '#test/databases';
import { newTaskOf } from '#test/new-task';
import { charts, renderChart } from '../support/helm.js';
import {
  buildManifests,
  containersOf,
  describeManifests,
  kustomizations,
  podsOf,
  readYaml,
  type Manifest,
} from '../support/manifests.js';
import { pythonWith } from '../support/python-client.js';

/** The component weights-image sets the newest version that is required. */
const VERSIONS = ['1.33', '1.37'];

/** Kinds that the schemas of Kubernetes do not include. */
const custom: Readonly<Record<string, new (data: never) => { validate: () => void }>> = {
  ScaledObject,
  TriggerAuthentication,
  PrometheusRule,
  ServiceMonitor,
};

/** A number of the programs' settings. */
const settingOf = (manifests: readonly Manifest[], name: string): number =>
  Number(manifests.find(({ data }) => data?.['SHUTDOWN_GRACE_S'])?.data?.[name]);

const deploymentsOf = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => kind === 'Deployment');

const chartOf = (folder: string) => `the chart as ${folder}`;

const titleOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;

const python = await pythonWith('test/manifests/kubernetes-validate.txt').catch((error: unknown) => {
  if (process.env['PYTHON_CLIENTS'] === 'required') throw error;
  process.stderr.write(`\n*** NO manifest is held against the schemas of Kubernetes: ${String(error)} ***\n`);
  return undefined;
});
// The schemas come from Python's package index. Without it the test is skipped, and the line above says so.
const itValidates = python ? it : it.skip;

const { version } = readYaml('package.json') as { version: string };

describeManifests('the manifests', () => {
  const built = new Map<string, readonly Manifest[]>();
  const of = (folder: string) => built.get(folder) ?? [];
  const all = () => [...built.values()].flat();
  beforeAll(async () => {
    for (const folder of kustomizations) built.set(folder, await buildManifests(folder));
    for (const [folder, values] of charts) built.set(chartOf(folder), await renderChart(values));
  }, 60_000);

  describe.each([...kustomizations, ...[...charts.keys()].map(chartOf)])('of %s', (folder) => {
    itValidates.each(VERSIONS)('are what Kubernetes %s takes', (version) => {
      const objects = of(folder).filter(({ kind }) => !Object.hasOwn(custom, kind));
      const input = JSON.stringify({ version, objects });
      const faults = execFileSync(`${python}`, ['-I', 'test/manifests/validate.py'], {
        input,
        encoding: 'utf8',
      });
      expect(JSON.parse(faults)).toEqual([]);
    });

    it('are valid for the operators', () => {
      for (const object of of(folder)) {
        const Kind = custom[object.kind];
        if (Kind) expect(() => new Kind(object as never).validate()).not.toThrow();
      }
    });

    it('run nothing as root, and mount every root file system read-only', () => {
      for (const pod of podsOf(of(folder))) {
        const { spec } = pod.spec.template;
        expect(spec.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: 10_001,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect([titleOf(pod), spec.automountServiceAccountToken]).toEqual([titleOf(pod), false]);
        for (const { securityContext } of containersOf(pod)) {
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        }
      }
    });

    it('set requests, limits and a version for each container', () => {
      for (const { image, resources } of podsOf(of(folder)).flatMap(containersOf)) {
        expect(image).toMatch(new RegExp(`^clearcut/[\\w-]+:${version}$`));
        expect(Object.keys(resources.requests)).toEqual(expect.arrayContaining(['cpu', 'memory']));
        expect(Object.keys(resources.limits)).toEqual(expect.arrayContaining(['cpu', 'memory']));
      }
    });

    it('give every program its own account, probes and time to drain', () => {
      const stopS = settingOf(of(folder), 'SHUTDOWN_GRACE_S') + settingOf(of(folder), 'SHUTDOWN_DELAY_S');
      const accounts = of(folder).filter(({ kind }) => kind === 'ServiceAccount');
      const names = accounts.map(({ metadata }) => metadata.name);
      for (const pod of podsOf(of(folder)))
        expect(names).toContain(pod.spec.template.spec.serviceAccountName);

      for (const { spec } of deploymentsOf(of(folder))) {
        const { containers, terminationGracePeriodSeconds } = spec.template.spec;
        const [live, ready] = ['/health/live', '/health/ready'].map((path) => ({
          httpGet: { path, port: 'admin' },
        }));
        expect(containers).toHaveLength(1);
        expect(containers[0]).toMatchObject({
          startupProbe: live,
          livenessProbe: live,
          readinessProbe: ready,
        });
        expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(stopS + 5);
      }
    });
  });

  it.each(kustomizations)('are all in one namespace in %s', (folder) => {
    const elsewhere = of(folder).filter(({ kind, metadata }) =>
      kind === 'Namespace' ? metadata.name !== 'clearcut' : metadata.namespace !== 'clearcut',
    );
    expect(elsewhere.map(titleOf)).toEqual([]);
  });

  it.each(kustomizations)('migrate once for each release in %s, and start programs only then', (folder) => {
    const jobs = of(folder).filter(({ kind }) => kind === 'Job');
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual([`migrate-${version.replaceAll('.', '-')}`]);
    for (const { metadata, spec } of jobs) {
      // It would kill a migration that takes long.
      expect(spec).not.toHaveProperty('activeDeadlineSeconds');
      expect(metadata.annotations).toMatchObject({
        'argocd.argoproj.io/hook': 'Sync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
        'kustomize.toolkit.fluxcd.io/force': 'enabled',
        'helm.sh/hook': 'pre-install,pre-upgrade',
      });
    }
    for (const { spec } of deploymentsOf(of(folder)))
      expect(spec.template.spec.initContainers).toContainEqual(
        expect.objectContaining({ image: `clearcut/migrate:${version}`, args: ['migrate', '--wait'] }),
      );
  });

  it('let every program reach each endpoint of its settings', () => {
    const { stringData = {} } = readYaml('k8s/secret.example.yaml') as Manifest;
    // Also the examples in comments.
    const lines = readFileSync('k8s/base/clearcut.env', 'utf8').matchAll(/^(?:# )?([A-Z0-9_]+)=(.+)$/gm);
    const settings = [...Object.entries(stringData), ...[...lines].map(([, name, value]) => [name, value])];
    const endpoints = settings.filter(
      ([name = '', value = '']) => name !== 'PUBLIC_URL' && /^[a-z]+:\/\//.test(value),
    );
    const names = endpoints.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'REDIS_URL', 'S3_ENDPOINT']));
    expect(names).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');

    const policy = of('k8s/overlays/cpu').find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'stores',
    );
    const allowed = policy?.spec.egress?.flatMap(({ ports }) => ports.map(({ port }) => port));
    const defaults: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'postgresql:': 5432 };
    for (const [name, value = ''] of endpoints) {
      const { port, protocol } = new URL(value);
      expect([name, allowed]).toEqual([name, expect.arrayContaining([Number(port) || defaults[protocol]])]);
    }
  });

  it.each([
    ['kube-dns, CoreDNS or GKE', 'kube-system', 53],
    ['OpenShift', 'openshift-dns', 5353],
  ])('let every pod ask the DNS of %s', (_, namespace, port) => {
    const policy = of('k8s/overlays/cpu').find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'dns',
    );
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    expect(policy?.spec.egress).toContainEqual({
      to: expect.arrayContaining([{ namespaceSelector }]),
      ports: [
        { protocol: 'UDP', port },
        { protocol: 'TCP', port },
      ],
    });
  });

  it('name the models once, for pulling, serving, offering and scaling', () => {
    const files = readdirSync('k8s', { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.endsWith('.md'),
    );
    const naming = files.filter(
      (name) => /\.\w+$/.test(name) && readFileSync(`k8s/${name}`, 'utf8').includes('runware:'),
    );
    expect(naming).toEqual(['base/clearcut.env']);
    const pull = podsOf(of('k8s/overlays/cpu'))
      .flatMap(containersOf)
      .find(({ name }) => name === 'pull');
    expect(pull?.args).toEqual(['pull', '$(WORKER_MODELS)']);
  });

  it('take every image from a private registry, that of a volume too', async () => {
    const folder = await mkdtemp('k8s/.private-');
    try {
      const names = ['gateway', 'dispatcher', 'worker-cpu', 'migrate', 'weights'];
      const images = names.map((name) => ({
        name: `clearcut/${name}`,
        newName: `registry.example.com/cutouts/${name}`,
        digest: `sha256:${'0'.repeat(64)}`,
      }));
      const resources = ['../overlays/weights-image'];
      // kustomize reads no configuration from beside the folder.
      const configurations = ['image-volumes.yaml'];
      await copyFile('k8s/components/release/image-volumes.yaml', `${folder}/image-volumes.yaml`);
      await writeFile(`${folder}/kustomization.yaml`, JSON.stringify({ resources, images, configurations }));
      const pods = podsOf(await buildManifests(folder));
      const used = pods.flatMap((pod) => [
        ...containersOf(pod).map(({ image }) => image),
        ...(pod.spec.template.spec.volumes ?? []).flatMap(({ image }) => image?.reference ?? []),
      ]);
      expect([...new Set(used)].toSorted()).toEqual(
        images.map(({ newName, digest }) => `${newName}@${digest}`).toSorted(),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('share a GPU under a name of its own, with the image there before a worker starts', () => {
    const objects = of('k8s/overlays/shared-gpu');
    const worker = deploymentsOf(objects).find(({ metadata }) => metadata.name === 'worker');
    const containers = worker?.spec.template.spec.containers ?? [];
    expect(containers.map(({ resources }) => resources.limits)).toEqual([
      { cpu: '6', memory: '16Gi', 'nvidia.com/gpu.shared': 1 },
    ]);
    const models = worker?.spec.template.spec.volumes?.filter(({ name }) => name === 'models');
    expect(models).toEqual([{ name: 'models', persistentVolumeClaim: { claimName: 'models' } }]);
    const sets = objects.filter(({ kind }) => kind === 'DaemonSet');
    expect(sets.flatMap(containersOf).map(({ image }) => image)).toEqual(
      containers.map(({ image }) => image),
    );
    expect(sets[0]?.metadata.annotations).toEqual({ 'argocd.argoproj.io/sync-wave': '-1' });
  });

  it('ask for a GPU by its resource alone, or for a MIG slice in its place', () => {
    const workerOf = (folder: string) =>
      deploymentsOf(of(folder)).find(({ metadata }) => metadata.name === 'worker')?.spec.template.spec;
    const [gpu, mig] = ['k8s/overlays/gpu', 'k8s/overlays/mig'].map(workerOf);
    for (const spec of [gpu, mig]) expect(spec).not.toHaveProperty('nodeSelector');
    const limitsOf = (spec: typeof gpu) =>
      Object.keys(spec?.containers[0]?.resources.limits ?? {}).filter((name) =>
        name.startsWith('nvidia.com/'),
      );
    expect([limitsOf(gpu), limitsOf(mig)]).toEqual([['nvidia.com/gpu'], ['nvidia.com/mig-1g.10gb']]);
    expect(mig).toMatchObject({ runtimeClassName: 'nvidia' });
  });

  it('need no keys of S3, so that pods may have an identity of their own', () => {
    const keys = podsOf(all())
      .flatMap(containersOf)
      .flatMap(({ env = [] }) => env.filter(({ name }) => /^S3_.*KEY/.test(name)));
    expect(keys.length).toBeGreaterThan(0);
    for (const { valueFrom } of keys) expect(valueFrom?.secretKeyRef).toMatchObject({ optional: true });
  });

  it('let a node be drained, also with one replica, and also of pods that are not ready', () => {
    const budgets = all().filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.length).toBeGreaterThan(0);
    for (const { spec } of budgets)
      expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    expect(budgets.filter(({ spec }) => 'minAvailable' in spec)).toEqual([]);
  });

  it('set only variables that the programs know', () => {
    const known = environmentNames;
    const configs = all().filter(({ metadata }) => /^(clearcut|weights)-\w+$/.test(metadata.name));
    const named = [
      // A name with a dot is the name of a file.
      ...configs
        .filter(({ kind }) => kind === 'ConfigMap')
        .flatMap(({ data }) => Object.keys(data ?? {}).filter((name) => !name.includes('.'))),
      ...podsOf(all())
        .flatMap(containersOf)
        .flatMap(({ env }) => (env ?? []).map(({ name }) => name)),
    ];
    expect(new Set(named).size).toBeGreaterThan(10);
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('require only secrets that the example has', () => {
    const { stringData = {} } = readYaml('k8s/secret.example.yaml') as Manifest;
    const references = podsOf(all())
      .flatMap(containersOf)
      .flatMap(({ env }) => (env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []));
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter(({ name, key }) => name !== 'clearcut' || !(key in stringData))).toEqual([]);
  });

  it.each(kustomizations)('use the same ports everywhere in %s', (folder) => {
    const programs = deploymentsOf(of(folder));
    const portsOf = (name: string | undefined) =>
      programs
        .filter(({ metadata }) => metadata.name === name)
        .flatMap(containersOf)
        .flatMap(({ ports = [] }) => ports);
    for (const { spec } of of(folder).filter(({ kind }) => kind === 'Service')) {
      const names = portsOf(spec.selector['app.kubernetes.io/name']).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(spec.ports.map(({ targetPort }) => targetPort)));
    }
    const port = defaultPort;
    expect(portsOf('gateway')).toContainEqual({ name: 'http', containerPort: port });
    for (const { spec, metadata } of programs) {
      const admin = portsOf(metadata.name).find(({ name }) => name === 'admin')?.containerPort;
      const variables = spec.template.spec.containers.flatMap(({ env = [] }) => env);
      expect(variables).toContainEqual({ name: 'ADMIN_PORT', value: `${admin}` });
    }
  });

  it('scale each model by its own tasks', async () => {
    const objects = of('k8s/overlays/keda');
    const variablesOf = (program: string) =>
      deploymentsOf(objects)
        .filter(({ metadata }) => metadata.name === program)
        .flatMap(containersOf)
        .flatMap(({ env = [] }) => env);
    const config = objects.find(({ data }) => data?.['WORKER_MODELS']);
    const model = config?.data?.['WORKER_MODELS'] ?? '';
    expect([...catalogue.keys()]).toContain(model);
    const valueFrom = { configMapKeyRef: { name: config?.metadata.name, key: 'WORKER_MODELS' } };
    expect(variablesOf('gateway')).toContainEqual({ name: 'OFFERED_MODELS', valueFrom });

    const triggers = objects.flatMap(({ kind, spec }) => (kind === 'ScaledObject' ? spec.triggers : []));
    const slots = variablesOf('worker').find(({ name }) => name === 'WORKER_CONCURRENCY')?.value;
    expect(triggers.map(({ metadata }) => metadata.targetQueryValue)).toEqual([slots]);
    const [query = ''] = triggers.map(({ metadata }) => metadata.query);
    expect(query).toContain(`'${model}'`);

    const database = openDatabase(await freshDatabase());
    try {
      const count = async (models: string) => {
        const sql = query.replace(`'${model}'`, `'${models}'`);
        const [row] = await database.$queryRawUnsafe<{ count: bigint }[]>(sql);
        return row?.count;
      };
      const key = 'cc_0123456789_0123456789_0123456789_01234';
      await putKey(database, 'owner', key);
      const owner = await findOwner(database, key);
      await insertTask(database, newTaskOf(owner?.id ?? '', { model }), 1);
      expect(await count(model)).toBe(1n);
      // WORKER_MODELS may have spaces.
      expect(await count(`acme:1@1, ${model}`)).toBe(1n);
      expect(await count('acme:1@1')).toBe(0n);
    } finally {
      await database.$disconnect();
    }
  });

  it('scale with time for a GPU node to come, and keep their workers where the query fails', () => {
    const scaled = of('k8s/overlays/keda').find(({ kind }) => kind === 'ScaledObject');
    const minutes = { initialCooldownPeriod: 1800, cooldownPeriod: 1800, minReplicaCount: 0 };
    expect(scaled?.spec).toMatchObject({
      ...minutes,
      fallback: { behavior: 'currentReplicasIfHigher' },
      advanced: {
        horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 600 } } },
      },
    });
  });

  it('contain the alerts and dashboards of deploy/', () => {
    const rules = readdirSync('deploy/prometheus').filter((name) => name.endsWith('.rules.yml'));
    const groups = rules.flatMap(
      (name) => (readYaml(`deploy/prometheus/${name}`) as { groups: unknown[] }).groups,
    );
    const rule = of('k8s/overlays/monitoring').find(({ kind }) => kind === 'PrometheusRule');
    // After a change, run: node tools/prometheus-rule.mjs
    expect(rule?.spec.groups).toEqual(groups);

    const dashboards = readdirSync('deploy/grafana/dashboards').filter((name) => name.endsWith('.json'));
    const map = of('k8s/overlays/monitoring').find(({ metadata }) => metadata.name === 'clearcut-dashboards');
    expect(Object.keys(map?.data ?? {}).sort()).toEqual(dashboards.sort());
  });
});
