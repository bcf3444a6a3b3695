import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { freePort } from './redis.js';
import { until } from './until.js';

/** Has `etcd`, `kube-apiserver`, and resource definitions in `crds/`. test/manifests/control-plane.md tells how to make it. */
export const planeFolder = process.env['CONTROL_PLANE'];

/** Like Jest's describe, but skipped with a notice where no control plane is at hand. */
export const describeControlPlane = (title: string, tests: () => void): void => {
  if (planeFolder && existsSync(join(planeFolder, 'kube-apiserver'))) return describe(title, tests);
  if (planeFolder) throw new Error(`CONTROL_PLANE names ${planeFolder}, which has no kube-apiserver.`);
  process.stderr.write('\n*** NO API server takes the manifests: CONTROL_PLANE names no folder ***\n');
  describe.skip(`${title}, not run since CONTROL_PLANE is not set`, tests);
};

/** An object of Kubernetes, of which only its name matters here. */
export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

export type Answer = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** What the API server warns of, such as a breach of the pod security standard. */
  readonly warnings: readonly string[];
};

export type ControlPlane = {
  readonly kubeconfig: string;
  readonly ask: (method: string, path: string, body?: object, type?: string) => Promise<Answer>;
  /** Applies an object on the server, which refuses unknown fields. */
  readonly apply: (object: KubeObject, options?: { readonly dryRun?: boolean }) => Promise<Answer>;
  readonly pathOf: (object: KubeObject) => Promise<string>;
  readonly stop: () => Promise<void>;
};

const TOKEN = 'a-token-of-this-test';
const NAMESPACE = 'clearcut';

const kubeconfigOf = (server: string, ca: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'test', user: { token: TOKEN } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: NAMESPACE } }],
    'current-context': 'test',
  });

/** Ends a process, and waits for that. */
export const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
};

const sendTo =
  (port: number, agent: Agent): ControlPlane['ask'] =>
  (method, path, body, type = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': type }) };
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const warnings = [response.headers['warning'] ?? []].flat();
          const isJson = response.headers['content-type']?.includes('json');
          const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : { text };
          resolve({ status: response.statusCode ?? 0, body: parsed, warnings });
        });
      });
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });

/** The path of an object, whose kind the API server knows by its plural. It learns of a new kind after a moment. */
const findPaths = (ask: ControlPlane['ask']): ControlPlane['pathOf'] => {
  type Resource = { readonly name: string; readonly kind: string; readonly namespaced: boolean };
  return async ({ apiVersion, kind, metadata: { name, namespace = NAMESPACE } }) => {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const find = async () => {
      const { body } = await ask('GET', root);
      const resources = (body['resources'] ?? []) as readonly Resource[];
      return resources.find((each) => each.kind === kind && !each.name.includes('/'));
    };
    const found = await until(`the kind ${kind} of ${apiVersion}`, find);
    return `${root}${found.namespaced ? `/namespaces/${namespace}` : ''}/${found.name}/${name}`;
  };
};

const definitionsIn = async (folder: string): Promise<KubeObject[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text))
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
};

const flagsOf = (home: string, port: number, etcd: string) => ({
  etcd: [
    ['data-dir', join(home, 'etcd')],
    ['listen-client-urls', etcd],
    ['advertise-client-urls', etcd],
    ['listen-peer-urls', 'http://127.0.0.1:0'],
  ],
  'kube-apiserver': [
    ['etcd-servers', etcd],
    ['bind-address', '127.0.0.1'],
    ['secure-port', `${port}`],
    ['cert-dir', home],
    ['token-auth-file', join(home, 'tokens.csv')],
    ['authorization-mode', 'RBAC'],
    ['service-account-issuer', 'https://kubernetes.default.svc'],
    ['service-account-key-file', join(home, 'accounts.pem')],
    ['service-account-signing-key-file', join(home, 'accounts.pem')],
    ['service-cluster-ip-range', '10.0.0.0/24'],
  ],
});

/** Starts etcd and an API server on loopback, with the definitions of `crds/` and the namespace. No controller runs. */
export const startControlPlane = async (): Promise<ControlPlane> => {
  const home = await mkdtemp(join(tmpdir(), 'clearcut-plane-'));
  const port = await freePort();
  const etcd = `http://127.0.0.1:${await freePort()}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(home, 'accounts.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(home, 'tokens.csv'), `${TOKEN},admin,1,system:masters\n`);
  const programs = Object.entries(flagsOf(home, port, etcd)).map(([name, flags]) => {
    const args = flags.map(([flag, value]) => `--${flag}=${value}`);
    return spawn(join(`${planeFolder}`, name), args, {
      stdio: process.env['TEST_LOG_LEVEL'] ? 'inherit' : 'ignore',
    });
  });

  const ca = join(home, 'apiserver.crt');
  await until('the certificate of the API server', () => existsSync(ca));
  const agent = new Agent({ ca: await readFile(ca), keepAlive: true });
  const ask = sendTo(port, agent);
  const isReady = () => ask('GET', '/readyz').then(({ status }) => status === 200);
  await until('the API server', () => isReady().catch(() => false), 180_000);

  const pathOf = findPaths(ask);
  const apply: ControlPlane['apply'] = async (object, { dryRun = false } = {}) => {
    const query = `fieldManager=test&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
    return ask('PATCH', `${await pathOf(object)}?${query}`, object, 'application/apply-patch+yaml');
  };

  for (const definition of await definitionsIn(join(`${planeFolder}`, 'crds'))) {
    const { status, body } = await apply(definition);
    if (status > 201) throw new Error(`${definition.metadata.name}: ${String(body['message'])}`);
  }
  const kubeconfig = join(home, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(`https://127.0.0.1:${port}`, ca), { mode: 0o600 });

  return {
    kubeconfig,
    ask,
    apply,
    pathOf,
    stop: async () => {
      agent.destroy();
      for (const program of programs.toReversed()) await end(program);
      await rm(home, { recursive: true, force: true });
    },
  };
};
