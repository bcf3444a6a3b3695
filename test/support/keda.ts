import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { makeCertificate } from './certificate.js';
import {
  describeControlPlane,
  end,
  planeFolder,
  type ControlPlane,
  type KubeObject,
} from './control-plane.js';
import { freePort } from './redis.js';
import { until } from './until.js';

const programs = ['keda-operator', 'keda-adapter', 'kube-controller-manager'] as const;

/** Like Jest's describe, but skipped with a notice where there is no control plane, or none with KEDA. */
export const describeKeda = (title: string, tests: () => void): void => {
  const missing = programs.find((name) => planeFolder && !existsSync(join(planeFolder, name)));
  if (!missing) return describeControlPlane(title, tests);
  process.stderr.write(`\n*** NO KEDA scales by the manifests: ${planeFolder} has no ${missing} ***\n`);
  describe.skip(`${title}, not run since CONTROL_PLANE has no ${missing}`, tests);
};

/** By the names that KEDA's programs look for. They know each other by it. */
const putCertificate = async (folder: string) => {
  const { cert, key } = makeCertificate(folder);
  for (const name of ['tls.crt', 'ca.crt']) await copyFile(cert, join(folder, name));
  await copyFile(key, join(folder, 'tls.key'));
};

/** Makes the API server ask a metrics server on this machine, as whom nobody has to be. */
const metricsService = (port: number): readonly KubeObject[] => {
  const group = 'external.metrics.k8s.io';
  const [name, namespace] = ['keda-metrics-apiserver', 'keda'];
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const nobody = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:anonymous' };
  const rules = [
    { apiGroups: [group], resources: ['*'], verbs: ['get', 'list'] },
    { nonResourceURLs: ['*'], verbs: ['get'] },
  ];
  const service = { type: 'ExternalName', externalName: 'localhost' };
  const api = {
    group,
    version: 'v1beta1',
    service: { name, namespace, port },
    insecureSkipTLSVerify: true,
    groupPriorityMinimum: 100,
    versionPriority: 100,
  };
  const rbac = 'rbac.authorization.k8s.io/v1';
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: service },
    { apiVersion: rbac, kind: 'ClusterRole', metadata: { name }, rules },
    { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: role, subjects: [nobody] },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${group}` },
      spec: api,
    },
  ];
  return objects;
};

const flagsOf = (home: string, kubeconfig: string, port: number, grpcPort: number, metricsPort: number) => ({
  'keda-operator': {
    'metrics-bind-address': '0',
    'health-probe-bind-address': '0',
    'metrics-service-bind-address': `127.0.0.1:${grpcPort}`,
    'cert-dir': home,
  },
  'keda-adapter': {
    'bind-address': '127.0.0.1',
    'secure-port': port,
    port: metricsPort,
    'metrics-service-address': `127.0.0.1:${grpcPort}`,
    'cert-dir': home,
    'lister-kubeconfig': kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authentication-skip-lookup': true,
    'authorization-kubeconfig': kubeconfig,
  },
  'kube-controller-manager': {
    kubeconfig,
    controllers: 'deployment-controller,replicaset-controller,horizontal-pod-autoscaler-controller',
    'horizontal-pod-autoscaler-sync-period': '1s',
    'leader-elect': false,
    'secure-port': 0,
  },
});

/**
 * Starts KEDA, which watches all namespaces, and the controllers that make pods of a Deployment and scale it by an HPA. KEDA's
 * admission webhooks are not there.
 */
export const startKeda = async ({
  kubeconfig,
  apply,
  ask,
}: ControlPlane): Promise<{ stop: () => Promise<void> }> => {
  const home = await mkdtemp(join(tmpdir(), 'clearcut-keda-'));
  await putCertificate(home);
  const port = await freePort();
  for (const object of metricsService(port)) {
    const { status, body } = await apply(object);
    if (status > 201) throw new Error(`${object.kind}: ${JSON.stringify(body)}`);
  }
  const flags = flagsOf(home, kubeconfig, port, await freePort(), await freePort());
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    WATCH_NAMESPACE: '',
    KEDA_CLUSTER_OBJECT_NAMESPACE: 'keda',
  };
  const running = programs.map((name) => {
    const args = Object.entries(flags[name]).map(([flag, value]) => `--${flag}=${value}`);
    return spawn(join(`${planeFolder}`, name), args, {
      env,
      stdio: process.env['TEST_LOG_LEVEL'] ? 'inherit' : 'ignore',
    });
  });
  const isReady = async () => (await ask('GET', '/apis/external.metrics.k8s.io/v1beta1')).status === 200;
  await until('the metrics server of KEDA', isReady, 180_000);
  return {
    stop: async () => {
      for (const program of running.toReversed()) await end(program);
      await rm(home, { recursive: true, force: true });
    },
  };
};
