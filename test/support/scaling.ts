import pg from 'pg';
import { findOwner } from '#database';
import type { Answer, ControlPlane } from './control-plane.js';
import { readYaml, type Manifest } from './manifests.js';
import { freePort } from './redis.js';
import { startService, type Service } from './service.js';
import { startTcpProxy } from './tcp-proxy.js';
import { until } from './until.js';

type Condition = { readonly type: string; readonly status: string; readonly reason?: string };
type External = {
  readonly metric: { readonly name: string; readonly selector: { readonly matchLabels: object } };
  readonly target: object;
};
type Event = { readonly message: string; readonly involvedObject: { readonly kind: string } };
type Hpa = {
  readonly spec: { readonly metrics: readonly { readonly external: External }[] };
  readonly status: { readonly conditions?: readonly Condition[] };
};

/** The manifests in a namespace of their own, with a Postgres, where KEDA scales the worker. */
export type Scaling = {
  /** Its gateway has OFFERED_MODELS of the manifests. No worker ever ran. */
  readonly service: Service;
  readonly ownerId: string;
  /** The number of workers that are asked for. */
  readonly workers: () => Promise<number>;
  readonly hpa: () => Promise<Hpa>;
  /** What the HPA gets as its metric. @throws with the answer when it gets none */
  readonly metric: () => Promise<string>;
  /** Whether the ScaledObject has the condition. */
  readonly hasCondition: (type: string, status: string, reason?: string) => Promise<boolean>;
  /** Resolves when KEDA has asked Postgres so often from now on. */
  readonly untilPolls: (count: number) => Promise<void>;
  /** What KEDA tells in events. */
  readonly events: () => Promise<readonly string[]>;
  /** Changes fields of the ScaledObject. */
  readonly change: (spec: object) => Promise<void>;
  /** Without a query, it is that of the manifests again. */
  readonly changeQuery: (query?: string) => Promise<void>;
  readonly apply: () => Promise<void>;
  readonly cutPostgres: () => Promise<void>;
  readonly mendPostgres: () => void;
  readonly stop: () => Promise<void>;
};

const done = ({ status, body }: Answer): Record<string, unknown> => {
  if (status > 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
};

/** OFFERED_MODELS of the gateway, which comes from a ConfigMap. */
const offeredModels = (objects: readonly Manifest[]): string => {
  const gateway = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gateway');
  const variables = gateway?.spec.template.spec.containers[0]?.env ?? [];
  const source = variables.find(({ name }) => name === 'OFFERED_MODELS')?.valueFrom?.configMapKeyRef;
  const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === source?.name);
  return config?.data?.[source?.key ?? ''] ?? '';
};

/** The secret as it is documented, with another DATABASE_URL. */
const secretWith = (databaseUrl: string): Manifest => {
  const example = readYaml('k8s/secret.example.yaml') as Manifest;
  return { ...example, stringData: { ...example.stringData, DATABASE_URL: databaseUrl } };
};

export const startScaling = async (
  plane: ControlPlane,
  namespace: string,
  objects: readonly Manifest[],
): Promise<Scaling> => {
  const service = await startService({
    neverServed: true,
    env: { OFFERED_MODELS: offeredModels(objects) },
  });
  const url = new URL(service.config.DATABASE_URL);
  const proxy = await startTcpProxy(Number(url.port));
  const ownerId = (await findOwner(service.database, service.key))?.id ?? '';
  const observer = new pg.Client({ connectionString: url.href });
  await observer.connect();

  const scaledObject = `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects/worker`;
  const worker = `/apis/apps/v1/namespaces/${namespace}/deployments/worker`;
  const get = async (path: string) => done(await plane.ask('GET', path));
  const merge = async (path: string, body: object) =>
    done(await plane.ask('PATCH', path, body, 'application/merge-patch+json'));

  const apply = async () => {
    for (const object of objects.filter(({ kind }) => kind !== 'Namespace'))
      done(await plane.apply({ ...object, metadata: { ...object.metadata, namespace } }));
  };
  const secret = secretWith(Object.assign(new URL(url), { port: `${proxy.port}` }).href);
  done(await plane.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }));
  done(await plane.apply({ ...secret, metadata: { ...secret.metadata, namespace } }));
  await apply();

  const conditions = async () => {
    const { status } = (await get(scaledObject)) as { status?: { conditions?: readonly Condition[] } };
    return status?.conditions ?? [];
  };
  const hpa = async () =>
    (await get(
      `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/keda-hpa-worker`,
    )) as unknown as Hpa;
  const lastPoll = async () => {
    const { rows } = await observer.query<{ at: Date | null }>(
      `SELECT max(query_start) AS at FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%string_to_array%'`,
    );
    return rows[0]?.at?.getTime() ?? 0;
  };

  return {
    service,
    ownerId,
    apply,
    hpa,
    workers: async () => ((await get(worker)) as { spec: { replicas: number } }).spec.replicas,
    metric: async () => {
      const [{ external } = { external: undefined }] = (await hpa()).spec.metrics;
      if (!external) throw new Error('The HPA has no metric.');
      const { name, selector } = external.metric;
      const labels = Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${String(value)}`);
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${name}`;
      const query = new URLSearchParams({ labelSelector: labels.join(',') });
      const { items } = done(await plane.ask('GET', `${path}?${String(query)}`)) as {
        items?: readonly { readonly value: string }[];
      };
      return items?.[0]?.value ?? '';
    },
    hasCondition: async (type, status, reason) =>
      (await conditions()).some(
        (each) => each.type === type && each.status === status && (!reason || each.reason === reason),
      ),
    events: async () => {
      const { items } = (await get(`/api/v1/namespaces/${namespace}/events`)) as { items: readonly Event[] };
      return items
        .filter(({ involvedObject }) => involvedObject.kind === 'ScaledObject')
        .map(({ message }) => message);
    },
    untilPolls: async (count) => {
      for (let seen = 0; seen < count; seen += 1) {
        const before = await lastPoll();
        await until('the next query of KEDA', async () => (await lastPoll()) > before);
      }
    },
    change: async (spec) => {
      await merge(scaledObject, { spec });
    },
    changeQuery: async (query) => {
      const triggers = objects.flatMap(({ kind, spec }) => (kind === 'ScaledObject' ? spec.triggers : []));
      const changed = triggers.map(({ metadata, ...more }) => {
        return { ...more, metadata: { ...metadata, query: query ?? metadata.query } };
      });
      await merge(scaledObject, { spec: { triggers: changed } });
    },
    cutPostgres: async () => {
      proxy.leadTo(await freePort());
      proxy.cut();
    },
    mendPostgres: () => proxy.leadTo(Number(url.port)),
    stop: async () => {
      await observer.end();
      await proxy.stop();
      await service.stop();
    },
  };
};
