import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { describeControlPlane, end, planeFolder, sendTo, type ControlPlane } from './control-plane.js';
import { freePort } from './redis.js';
import { until } from './until.js';

/** Like Jest's describe, but skipped with a notice where there is no control plane, or none with KEDA. */
export const describeKeda = (title: string, tests: () => void): void => {
  if (!planeFolder || existsSync(join(planeFolder, 'keda-operator')))
    return describeControlPlane(title, tests);
  process.stderr.write(`\n*** NO KEDA scales by the manifests: ${planeFolder} has no keda-operator ***\n`);
  describe.skip(`${title}, not run since CONTROL_PLANE has no keda-operator`, tests);
};

/** The operator and the metrics server of KEDA. */
export type Keda = {
  /** Asks the metrics server, as the controller of HPAs does through the API server. */
  readonly ask: ControlPlane['ask'];
  readonly stop: () => Promise<void>;
};

/** Makes the certificate by which both of them know each other, and which is its own authority. */
const makeCertificate = async (folder: string) => {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const extension = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', certificate];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=keda',
    ...extension,
  ];
  execFileSync('openssl', [...args, ...files], { stdio: 'ignore' });
  await copyFile(certificate, join(folder, 'ca.crt'));
  return { key, certificate };
};

/** Watches all namespaces. Its admission webhooks are not there. */
export const startKeda = async ({ kubeconfig }: ControlPlane): Promise<Keda> => {
  const home = await mkdtemp(join(tmpdir(), 'clearcut-keda-'));
  const { key, certificate } = await makeCertificate(home);
  const port = await freePort();
  const service = `127.0.0.1:${await freePort()}`;
  const flags = {
    'keda-operator': {
      'metrics-bind-address': '0',
      'health-probe-bind-address': '0',
      'metrics-service-bind-address': service,
      'cert-dir': home,
    },
    'keda-adapter': {
      'bind-address': '127.0.0.1',
      'secure-port': port,
      port: await freePort(),
      'metrics-service-address': service,
      'cert-dir': home,
      'tls-cert-file': certificate,
      'tls-private-key-file': key,
      'lister-kubeconfig': kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authentication-skip-lookup': true,
      'authorization-kubeconfig': kubeconfig,
    },
  };
  const env = { KUBECONFIG: kubeconfig, WATCH_NAMESPACE: '', KEDA_CLUSTER_OBJECT_NAMESPACE: 'keda' };
  const programs = Object.entries(flags).map(([name, values]) => {
    const args = Object.entries(values).map(([flag, value]) => `--${flag}=${value}`);
    const stdio = process.env['TEST_LOG_LEVEL'] ? 'inherit' : 'ignore';
    return spawn(join(`${planeFolder}`, name), args, { env: { ...process.env, ...env }, stdio });
  });

  const agent = new Agent({ ca: await readFile(certificate), keepAlive: true });
  const ask = sendTo(port, agent);
  const isReady = () => ask('GET', '/readyz').then(({ status }) => status === 200);
  await until('the metrics server of KEDA', () => isReady().catch(() => false), 180_000);
  return {
    ask,
    stop: async () => {
      agent.destroy();
      for (const program of programs.toReversed()) await end(program);
      await rm(home, { recursive: true, force: true });
    },
  };
};
