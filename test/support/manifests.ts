import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';

const execute = promisify(execFile);

type EnvVar = {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  };
};
type Probe = { readonly httpGet: { readonly path: string; readonly port: string } };
export type Container = {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, unknown> };
  readonly securityContext: Record<string, unknown>;
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
};
type PodSpec = {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Record<string, unknown>;
  readonly volumes?: readonly {
    readonly name: string;
    readonly image?: { readonly reference: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
};
type Trigger = {
  readonly name: string;
  readonly metadata: { readonly query: string; readonly targetQueryValue: string };
};
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly data?: Record<string, string>;
  readonly stringData?: Record<string, string>;
  readonly spec: {
    readonly template: { readonly spec: PodSpec };
    readonly selector: Record<string, string>;
    readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
    readonly triggers: readonly Trigger[];
    readonly groups: unknown;
    readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
  };
};

/** Programs that can build a kustomization, in order of preference. */
const builders = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
] as const;
const builder = builders.find(([command]) => !spawnSync(command, ['--help']).error);

/** Like Jest's describe, but skipped with a notice when no such program is installed. */
export const describeManifests = (title: string, tests: () => void): void => {
  if (builder) return describe(title, tests);
  if (process.env['KUSTOMIZE'] === 'required')
    throw new Error('The manifests must be tested, but neither kubectl nor kustomize is installed.');
  process.stderr.write('\n*** NOTHING is tested of k8s/: neither kubectl nor kustomize is installed ***\n');
  describe.skip(`${title}, not run since neither kubectl nor kustomize is installed`, tests);
};

/** Every folder of k8s/ that can be applied. */
export const kustomizations = readdirSync('k8s/overlays').map((name) => `k8s/overlays/${name}`);

/** Builds the objects of a kustomization. */
export const buildManifests = async (folder: string): Promise<readonly Manifest[]> => {
  const [command, verb] = builder ?? builders[0];
  const { stdout } = await execute(command, [verb, folder], { maxBuffer: 64 * 1024 * 1024 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
};

/** Resolves YAML merge keys (`<<`). */
export const readYaml = (path: string): unknown => parse(readFileSync(path, 'utf8'), { merge: true });

export const podsOf = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => ['Deployment', 'DaemonSet', 'Job'].includes(kind));

export const containersOf = ({ spec: { template } }: Manifest): readonly Container[] => [
  ...(template.spec.initContainers ?? []),
  ...template.spec.containers,
];
