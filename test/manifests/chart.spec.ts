import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { charts, describeChart, lintChart, renderChart } from '../support/helm.js';
import {
  buildManifests,
  containersOf,
  describeManifests,
  kustomizations,
  podsOf,
  readYaml,
  type Manifest,
} from '../support/manifests.js';

const page = readFileSync('docs/kubernetes.md', 'utf8');

/** The paths of values, such as `images.tag`; those of the three programs together. */
const pathsOf = (values: object, before = ''): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => {
    const path = `${before}${name}`.replace(/^(gateway|dispatcher|worker)\b/, '<program>');
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isGroup && Object.keys(value as object).length > 0 ? pathsOf(value as object, `${path}.`) : [path];
  });

const find = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} ${name}.`);
  return found;
};

/** What only one of kustomize and helm writes. */
const ignored = new Set(['namespace', 'checksum/settings', 'app.kubernetes.io/part-of']);

const withoutIgnored = (key: string, value: unknown): unknown => {
  if (ignored.has(key)) return undefined;
  // The order of variables says nothing.
  if (key === 'env') return (value as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (key !== 'labels' && key !== 'annotations') return value;
  return Object.keys(value as object).every((name) => ignored.has(name)) ? undefined : value;
};

/** Objects by kind and name, without the hashes that kustomize adds to names. */
const normalised = (manifests: readonly Manifest[]): Readonly<Record<string, Manifest>> =>
  Object.fromEntries(
    manifests
      .filter(({ kind }) => kind !== 'Namespace')
      .map((manifest) => JSON.stringify(manifest, withoutIgnored))
      .map((text) => JSON.parse(text.replaceAll(/"(clearcut|weights)-[a-z0-9]{10}"/g, '"$1"')) as Manifest)
      .map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest]),
  );

describeManifests('the chart beside the overlays', () => {
  it.each([...charts])('is the same as %s', async (folder, values) => {
    expect(normalised(await renderChart(values))).toEqual(normalised(await buildManifests(folder)));
  });
});

describeChart('the chart', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  let changed: readonly Manifest[] = [];
  const workerOf = () => find(changed, 'Deployment', 'worker').spec.template.spec;
  beforeAll(async () => {
    changed = await renderChart([
      'images.registry=registry.example.com/cutouts',
      `images.digests.worker-gpu=${digest}`,
      'images.pullSecrets={pull}',
      'secret=vault',
      'device=mig,migProfile=mig-2g.20gb',
      'settings.PUBLIC_URL=https://cut.example.org,settings.INTAKE_MEMORY_MB=10485760',
      'settings.WORKER_MODELS=runware:109@1\\,runware:112@5',
      'keda.enabled=true,keda.maxReplicas=20',
      'prepull.enabled=true,prepull.tag=9.9.9',
      'worker.env.WORKER_CONCURRENCY=5,worker.tolerations[0].operator=Exists,worker.resources.limits.cpu=4',
      'gateway.replicas=0,gateway.disruptionBudget=false',
      'networkPolicies.storePorts={5432,443}',
      'patches.Deployment/gateway.spec.template.spec.terminationGracePeriodSeconds=100',
    ]);
  });

  it('passes the strict lint of helm', async () => {
    expect((await lintChart()).stdout).toContain('0 chart(s) failed');
  });

  it('can be each overlay', () => {
    expect([...charts.keys()].toSorted()).toEqual(kustomizations.toSorted());
  });

  it('has a row for every value in docs/kubernetes.md, and no other', () => {
    const [table] = /^\| value[^]*?\n\n/m.exec(page) ?? [];
    const rows = [...(table ?? '').matchAll(/^\| `([a-zA-Z<>.]+)` /gm)].map(([, path = '']) => path);
    const values = pathsOf(readYaml('k8s/values.yaml') as object);
    expect(rows.toSorted()).toEqual([...new Set(values)].toSorted());
  });

  it('takes images from a registry, by digest where one is named, and with secrets', () => {
    const containers = podsOf(changed).flatMap(containersOf);
    for (const { image } of containers) expect(image).toMatch(/^registry\.example\.com\/cutouts\/[\w-]+[:@]/);
    expect(workerOf().containers.map(({ image }) => image)).toEqual([
      `registry.example.com/cutouts/worker-gpu@${digest}`,
    ]);
    for (const pod of podsOf(changed))
      expect(pod.spec.template.spec).toMatchObject({ imagePullSecrets: [{ name: 'pull' }] });
  });

  it('takes secrets from the secret that is named, also those of KEDA', () => {
    const names = [...JSON.stringify(changed).matchAll(/"secretKeyRef":{"key":"\w+","name":"([^"]+)"/g)];
    expect(new Set(names.map(([, name]) => name))).toEqual(new Set(['vault']));
    expect(find(changed, 'TriggerAuthentication', 'postgres').spec).toEqual({
      secretTargetRef: [{ parameter: 'connection', name: 'vault', key: 'DATABASE_URL' }],
    });
  });

  it('lets KEDA aim at as many tasks for each worker as it runs at once', () => {
    const { triggers } = find(changed, 'ScaledObject', 'worker').spec;
    expect(triggers.map(({ metadata }) => metadata.targetQueryValue)).toEqual(['5']);
  });

  it.each([
    [['device=cpu'], '2'],
    [['device=cpu', 'settings.WORKER_CONCURRENCY=4'], '4'],
    [['device=cpu', 'settings.WORKER_CONCURRENCY=4', 'worker.env.WORKER_CONCURRENCY=6'], '6'],
    [['device=cpu', 'settings=null', 'worker.env=null'], '2'],
    [['device=gpu', 'settings.WORKER_CONCURRENCY=4'], '9'],
    [['device=shared-gpu'], '7'],
    [['device=mig,migProfile=mig-2g.20gb'], '9'],
    [['device=cpu', 'settings.WORKER_CONCURRENCY='], '2'],
    // The worker takes an empty text for its default.
    [['device=gpu', 'worker.env.WORKER_CONCURRENCY='], '2'],
    [['device=gpu', 'worker.env.WORKER_CONCURRENCY=64'], '64'],
  ])('lets KEDA aim by the settings of the device: %j', async (values, target) => {
    const rendered = await renderChart([...values, 'keda.enabled=true']);
    const { triggers } = find(rendered, 'ScaledObject', 'worker').spec;
    expect(triggers.map(({ metadata }) => metadata.targetQueryValue)).toEqual([target]);
  });

  it('gives each program the database of its own role, and the job that of the owner', async () => {
    const rendered = await renderChart(['databaseRoles=shop', 'device=gpu', 'keda.enabled=true']);
    const keysOf = (kind: string, name: string) =>
      podsOf(rendered)
        .filter((pod) => pod.kind === kind && pod.metadata.name.startsWith(name))
        .flatMap(containersOf)
        .flatMap(({ env = [] }) => env)
        .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? [])
        .filter((key) => key.endsWith('DATABASE_URL'));
    for (const name of ['gateway', 'worker', 'dispatcher'])
      expect(new Set(keysOf('Deployment', name))).toEqual(new Set([`${name.toUpperCase()}_DATABASE_URL`]));
    expect(keysOf('Job', 'migrate')).toEqual(['DATABASE_URL']);
    const job = rendered.find(({ kind }) => kind === 'Job');
    expect(job && containersOf(job)[0]?.env).toContainEqual({ name: 'DATABASE_ROLES', value: 'shop' });
    expect(find(rendered, 'TriggerAuthentication', 'postgres').spec).toMatchObject({
      secretTargetRef: [{ key: 'WORKER_DATABASE_URL' }],
    });
  });

  it('leads from each alert to its section of the page, if it has an address', async () => {
    type Rule = { readonly alert?: string; readonly annotations: Record<string, string> };
    const alertsOf = async (values: readonly string[]) => {
      const { groups } = find(await renderChart(values), 'PrometheusRule', 'clearcut').spec;
      return (groups as { rules: Rule[] }[]).flatMap(({ rules }) => rules).filter(({ alert }) => alert);
    };
    const address = 'https://docs.example.com/alerts.html';
    const alerts = await alertsOf(['monitoring.enabled=true', `monitoring.runbooks=${address}`]);
    const headings = readFileSync('docs/alerts.md', 'utf8').match(/^## .+$/gm) ?? [];
    const anchors = headings.map((heading) => `${address}#${heading.slice(3).toLowerCase()}`);
    expect(alerts.length).toBeGreaterThan(10);
    expect(new Set(alerts.map(({ annotations }) => annotations['runbook_url']))).toEqual(new Set(anchors));
    for (const { annotations } of await alertsOf(['monitoring.enabled=true']))
      expect(Object.keys(annotations)).not.toContain('runbook_url');
  });

  it('sets settings, also large numbers, and counts the tasks of all models', () => {
    expect(find(changed, 'ConfigMap', 'clearcut').data).toMatchObject({
      PUBLIC_URL: 'https://cut.example.org',
      INTAKE_MEMORY_MB: '10485760',
      LOG_LEVEL: 'info',
    });
    expect(JSON.stringify(find(changed, 'Ingress', 'gateway').spec)).not.toContain('clearcut.example.com');
    const [trigger] = find(changed, 'ScaledObject', 'worker').spec.triggers;
    expect(trigger?.metadata.query).toContain("'runware:109@1,runware:112@5'");
  });

  it.each(['\\,acme:1@1\\,acme:2@1', 'acme:1@1\\, acme:2@1 \\,', ' acme:1@1\\,\\,acme:2@1'])(
    'reads the models of a worker as the worker does: %j',
    async (models) => {
      const rendered = await renderChart(['keda.enabled=true', `settings.WORKER_MODELS=${models}`]);
      expect(find(rendered, 'ConfigMap', 'clearcut').data).toMatchObject({
        WORKER_MODELS: 'acme:1@1,acme:2@1',
      });
      const [trigger] = find(rendered, 'ScaledObject', 'worker').spec.triggers;
      expect(trigger?.metadata.query).toContain("'acme:1@1,acme:2@1'");
    },
  );

  it('restarts the programs when a setting changes', async () => {
    const sums = [changed, await renderChart([])].map(
      (manifests) => /"checksum\/settings":"(\w+)"/.exec(JSON.stringify(manifests))?.[1],
    );
    expect(sums[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(sums[1]).not.toBe(sums[0]);
  });

  it('merges values and patches into what is there', () => {
    const [worker] = workerOf().containers;
    expect(worker?.resources.limits).toEqual({ cpu: 4, memory: '16Gi', 'nvidia.com/mig-2g.20gb': 1 });
    expect(worker?.env).toContainEqual({ name: 'WORKER_CONCURRENCY', value: '5' });
    expect(workerOf()).toMatchObject({
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        { operator: 'Exists' },
      ],
    });
    const gateway = find(changed, 'Deployment', 'gateway').spec;
    expect(gateway).toMatchObject({ replicas: 0 });
    expect(gateway.template.spec.terminationGracePeriodSeconds).toBe(100);
    const budgets = changed.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name).toSorted()).toEqual(['dispatcher', 'worker']);
    expect(find(changed, 'NetworkPolicy', 'stores').spec.egress).toEqual([
      { ports: [{ port: 5432 }, { port: 443 }] },
    ]);
    expect(containersOf(find(changed, 'DaemonSet', 'prepull')).map(({ image }) => image)).toEqual([
      `registry.example.com/cutouts/worker-gpu@${digest}`,
    ]);
  });

  it.each([
    ['databaseRoles=Clear-cut', "at '/databaseRoles'"],
    ['monitoring.runbooks=docs', "at '/monitoring/runbooks'"],
    ['settings.NOPE=1', 'settings.NOPE is not a setting of all programs'],
    ['settings.DATABASE_URL=x', 'secrets go into the secret'],
    ["settings.WORKER_MODELS=x' OR 1", 'settings.WORKER_MODELS takes AIR ids'],
    ['settings.WORKER_MODELS=\\,', 'settings.WORKER_MODELS takes AIR ids'],
    ['settings.PUBLIC_URL=cut.example.org', "at '/settings/PUBLIC_URL'"],
    ['settings.PUBLIC_URL=https://', "at '/settings/PUBLIC_URL'"],
    ['settings.PUBLIC_URL=', 'ingress needs a host: set settings.PUBLIC_URL or ingress.host.'],
    ['settings.LOG_LEVEL=true', "at '/settings/LOG_LEVEL'"],
    ['worker.env.LOG_LEVEL=loud', "at '/worker/env/LOG_LEVEL'"],
    ['settings.MAX_BATCH=four', "at '/settings/MAX_BATCH'"],
    ['settings.WORKER_CONCURRENCY=0', "at '/settings/WORKER_CONCURRENCY'"],
    ['settings.WORKER_CONCURRENCY=65', "at '/settings/WORKER_CONCURRENCY'"],
    ['worker.env.WORKER_CONCURRENCY= 5', "at '/worker/env/WORKER_CONCURRENCY'"],
    ['worker.env.WORKER_CONCURRENCY=0', "at '/worker/env/WORKER_CONCURRENCY'"],
    ['worker.env.WORKER_CONCURRENCY=-1', "at '/worker/env/WORKER_CONCURRENCY'"],
    ['worker.env.WORKER_CONCURRENCY=1.5', "at '/worker/env/WORKER_CONCURRENCY'"],
    ['worker.env.WORKER_CONCURRENCY=1e3', "at '/worker/env/WORKER_CONCURRENCY'"],
    ['worker.env.WORKER_CONCURRENCY=true', "at '/worker/env/WORKER_CONCURRENCY'"],
    ['worker.env.MAX_BATCH=four', "at '/worker/env/MAX_BATCH'"],
    ['settings.TASK_TIMEOUT_S=1.5', "at '/settings/TASK_TIMEOUT_S'"],
    [
      'keda.enabled=true,keda.minReplicas=9',
      'keda.minReplicas must not be above keda.maxReplicas, and 9 is above 8.',
    ],
    ['keda.enabled=true,settings.WORKER_MODELS=rembg-v1-4', 'KEDA counts tasks by AIR ids'],
    ['keda.enabled=true,keda.minReplicas=3,keda.maxReplicas=2', 'and 3 is above 2.'],
    ['worker=null', "missing property 'worker'"],
    ['images=null', "missing property 'images'"],
    ['images.registry=null', "missing property 'registry'"],
    ['images.digests=null', "missing property 'digests'"],
    ['weights.claim=null', "missing property 'claim'"],
    ['ingress=null', "missing property 'ingress'"],
    ['ingress.annotations=null', "missing property 'annotations'"],
    ['keda=null', "missing property 'keda'"],
    ['device=null', "missing property 'device'"],
    ['secret=null', "missing property 'secret'"],
    ['device=tpu', "value must be one of 'cpu', 'gpu', 'shared-gpu', 'mig'"],
    ['image.tag=1', "additional properties 'image' not allowed"],
    ['images.tag=a b', "at '/images/tag'"],
    ['images.digests.gateway=latest', "at '/images/digests/gateway'"],
    ['gateway.replicas=-1', "at '/gateway/replicas'"],
    ['worker.resources.limit.cpu=1', "additional properties 'limit' not allowed"],
    ['networkPolicies.storePorts={postgres}', "at '/networkPolicies/storePorts/0'"],
    ['weights.mirror=ftp://x', "at '/weights/mirror'"],
    ['prepull.enabled=true', 'prepull needs a device with a GPU.'],
    ['migProfile=mig-1g.10gb', 'migProfile needs device: mig.'],
    ['patches.worker.spec.replicas=1', "invalid propertyName 'worker'"],
    ['patches.Deployment/none.spec.replicas=1', 'There is no object Deployment/none to patch.'],
  ])('refuses %s', async (value, reason) => {
    await expect(renderChart([value])).rejects.toThrow(reason);
  });
});
