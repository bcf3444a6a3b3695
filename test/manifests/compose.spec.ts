import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { defaultPort, environmentNames } from '#test/environment-names';
import { readYaml } from '../support/manifests.js';

type Service = {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly build?: { readonly target: string };
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { readonly condition: string }>;
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly healthcheck?: unknown;
  readonly logging?: { readonly options: Record<string, string> };
  readonly mem_limit?: string;
  readonly pids_limit?: number;
};
type Compose = {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
  readonly networks: Record<string, unknown>;
};

const compose = readYaml('docker-compose.yml') as Compose;
const text = readFileSync('docker-compose.yml', 'utf8');
const example = readFileSync('.env.example', 'utf8');
const dockerfile = readFileSync('Dockerfile', 'utf8');
const prometheus = readFileSync('deploy/prometheus/prometheus.yml', 'utf8');

const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build);
const programs = ours.filter(([name]) => /^(gateway|dispatcher|worker)/.test(name));

describe('docker-compose.yml', () => {
  it('sets only variables that the programs know', () => {
    const known = environmentNames;
    const named = new Set(ours.flatMap(([, { environment = {} }]) => Object.keys(environment)));
    expect(named.size).toBeGreaterThan(10);
    expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('requires only secrets that the example lists', () => {
    const required = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
    expect(required.size).toBe(5);
    expect([...required].filter((name) => !example.includes(`\n${name}=\n`))).toEqual([]);
  });

  it('builds targets of the Dockerfile and pins every other image', () => {
    for (const [, { build, image }] of services) {
      if (build) expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${build.target}$`, 'm'));
      expect(image).toMatch(/:(\$\{CLEARCUT_VERSION:-[\d.]+\}|v?\d[\w.-]+\})$/);
    }
  });

  it('runs our programs locked down, with time to drain', () => {
    for (const [, service] of ours) expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    for (const [, { environment = {}, stop_grace_period: stop = '' }] of programs)
      expect(Number.parseInt(stop, 10)).toBeGreaterThanOrEqual(Number(environment['SHUTDOWN_GRACE_S']) + 5);
  });

  it('limits the memory, processes and logs of every container', () => {
    for (const [name, { logging, mem_limit, pids_limit }] of services) {
      expect([name, logging?.options]).toEqual([name, { 'max-size': '10m', 'max-file': '5' }]);
      expect([name, mem_limit]).toEqual([name, expect.stringMatching(/^(\$\{\w+:-)?\d+[gm]\}?$/)]);
      expect([name, pids_limit]).toEqual([name, 1024]);
    }
  });

  it('has no default for a secret, and publishes ports on this machine alone unless BIND says otherwise', () => {
    const secrets = [...text.matchAll(/\$\{(\w*(?:PASSWORD|TOKEN|_KEY|KEY_ID)):?([?-])([^}]*)\}/g)];
    expect(secrets.length).toBeGreaterThan(5);
    for (const [, name, kind, value] of secrets) expect([name, kind, value]).toEqual([name, kind, '']);
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.filter((port) => !/^(127\.0\.0\.1|\$\{BIND:-127\.0\.0\.1\}):/.test(port))).toEqual([]);
    expect(compose.services['dispatcher']?.ports).toEqual(['127.0.0.1:${STATUS_PORT:-9464}:9464']);
  });

  it('keeps images that arrive on disk and not in memory', () => {
    const { tmpfs, volumes } = compose.services['gateway'] ?? {};
    expect([tmpfs, volumes]).toEqual([[], expect.arrayContaining([expect.stringMatching(/:\/tmp$/)])]);
  });

  it('waits for services that exist, and mounts volumes that are declared', () => {
    for (const [, { depends_on = {}, volumes = [], networks = [] }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(compose.services).toHaveProperty(name);
        if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck).toBeDefined();
      }
      const named = volumes
        .map((volume) => volume.split(':')[0] ?? '')
        .filter((name) => !name.startsWith('.'));
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
      const own = networks.filter((name) => name !== 'default');
      expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(own));
    }
  });

  it('does not start Grafana without a password', () => {
    const { entrypoint = [], environment = {} } = compose.services['grafana'] ?? {};
    expect(environment['GF_SECURITY_ADMIN_PASSWORD']).toBe('${GRAFANA_PASSWORD:-}');
    // Compose writes a dollar sign as two.
    const [shell = '', ...args] = entrypoint.map((word) => word.replaceAll('$$', '$'));
    const start = (password: string) =>
      spawnSync(shell, args, { env: { GF_SECURITY_ADMIN_PASSWORD: password }, encoding: 'utf8' });
    expect(start('')).toMatchObject({
      status: 1,
      stderr: 'Grafana does not start without a password: set GRAFANA_PASSWORD in .env.\n',
    });
    expect(start('secret').stderr).toContain('/run.sh');
  });

  it('keeps the queue durable: no eviction, and every write on disk', () => {
    expect(compose.services['redis']?.command).toEqual(
      expect.arrayContaining(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']),
    );
  });

  it('publishes the store at the address that callers get', () => {
    const [, port = ''] = /S3_PUBLIC_ENDPOINT:-http:\/\/localhost:(\d+)/.exec(text) ?? [];
    const { ports, networks } = compose.services['store'] ?? {};
    expect(ports?.join()).toContain(`:-${port}}:8333`);
    // Docker publishes no ports of a service that has only internal networks.
    expect(networks).toContain('front');
  });

  it('uses the same ports as the images and Prometheus', () => {
    const [, admin = ''] = /ADMIN_PORT=(\d+)/.exec(dockerfile) ?? [];
    const port = `${defaultPort}`;
    expect(text).toContain(`:${port}']`);
    expect(dockerfile).toContain(`EXPOSE ${port} ${admin}\n`);
    expect(prometheus).toContain(`port: ${admin}\n`);
    for (const [name, { environment }] of programs) {
      expect(environment?.['ADMIN_PORT']).toBe(admin);
      expect(prometheus).toMatch(new RegExp(`names: \\[.*\\b${name}\\b`));
    }
  });
});
