import { readFile, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { z } from 'zod';
import { startService, type Service } from '#test/service';
import { makeTraffic, scrapeAll } from '#test/traffic';

const deploy = new URL('../../../deploy/', import.meta.url);
const read = (path: string) => readFile(new URL(path, deploy), 'utf8');

const Dashboard = z.object({
  templating: z.object({ list: z.array(z.object({ query: z.string() })) }),
  // A row is a heading of panels and has no query.
  panels: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('row'), targets: z.tuple([]).default([]) }),
      z.object({
        type: z.enum(['stat', 'timeseries', 'table']),
        title: z.string(),
        targets: z.array(z.object({ expr: z.string() })).min(1),
      }),
    ]),
  ),
});
const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['critical', 'warning', 'info']) }),
          annotations: z.object({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});

/**
 * The labels that Prometheus adds to every sample. Our configurations add `program`, as a test below checks.
 */
const ofPrometheus = ['job', 'instance', 'program'];
/** Metrics that Prometheus makes itself. */
const madeByPrometheus: [string, Set<string>][] = [
  ['up', new Set(ofPrometheus)],
  ['ALERTS', new Set(['alertname', 'alertstate', 'severity'])],
];

type Named = { readonly metrics: string[]; readonly labels: string[] };

/** The names in an expression, parsed by Prometheus' own grammar. Syntax errors are thrown. */
const namesIn = (expression: string): Named => {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const asked: Named = { metrics: [], labels: [] };
  parser.parse(text).iterate({
    enter: ({ name, type, from, to }) => {
      if (type.isError) throw new Error(`not an expression of Prometheus, at ${from}: ${text}`);
      if (name === 'Identifier') asked.metrics.push(text.slice(from, to));
      if (name === 'LabelName') asked.labels.push(text.slice(from, to));
    },
  });
  return asked;
};

describe('dashboards and alerts', () => {
  let service: Service;
  /** The labels of each metric, as a running service exports them. */
  const known = new Map(madeByPrometheus);

  beforeAll(async () => {
    service = await startService({ admin: true, env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    await service.dispatcher.start();
    await makeTraffic(service);
    for (const url of Object.values(service.admin)) {
      const text = await (await fetch(`${url}/metrics`)).text();
      for (const [, name = ''] of text.matchAll(/^# TYPE (\w+)/gm)) known.set(name, new Set(ofPrometheus));
    }
    for (const { name, labels } of Object.values(await scrapeAll(service)).flat()) {
      known.set(name, new Set([...(known.get(name) ?? ofPrometheus), ...Object.keys(labels)]));
    }
  });
  afterAll(() => service.stop());

  const faultsOf = (expression: string): string[] => {
    const { metrics, labels } = namesIn(expression);
    const unknown = metrics.filter((name) => !known.has(name));
    const offered = new Set(metrics.flatMap((name) => [...(known.get(name) ?? [])]));
    const strange = labels.filter((label) => !offered.has(label));
    return [...unknown, ...strange.map((label) => `${label} in ${expression}`)];
  };

  it('the check of expressions finds an unknown metric, an unknown label and a missing bracket', () => {
    expect(faultsOf('rate(clearcut_tasks_done_total[5m])')).toEqual(['clearcut_tasks_done_total']);
    expect(faultsOf('sum by (colour) (clearcut_queue_depth)')).toEqual([
      'colour in sum by (colour) (clearcut_queue_depth)',
    ]);
    expect(() => faultsOf('sum(up')).toThrow('not an expression');
  });

  it('the dashboards query only metrics that a program exports', async () => {
    const files = await readdir(new URL('grafana/dashboards/', deploy));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const { panels, templating } = Dashboard.parse(JSON.parse(await read(`grafana/dashboards/${file}`)));
      const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
      expect(queries.flatMap(faultsOf)).toEqual([]);
      for (const { query } of templating.list) {
        const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
        expect(known.get(metric)?.has(label)).toBe(true);
      }
    }
  });

  it('the dashboards show all of our metrics', async () => {
    const { metrics } = namesIn(
      Dashboard.parse(JSON.parse(await read('grafana/dashboards/overview.json')))
        .panels.flatMap(({ targets }) => targets.map(({ expr }) => `(${expr})`))
        .join(' + '),
    );
    const shown = new Set(metrics.map((name) => name.replace(/_(bucket|count|sum)$/, '')));
    const ours = [...known.keys()].filter((name) => name.startsWith('clearcut_'));
    const bases = new Set(ours.map((name) => name.replace(/_(bucket|count|sum)$/, '')));
    expect([...bases].filter((name) => !shown.has(name))).toEqual([]);
  });

  it('the alerts use only exported metrics, and say what to do', async () => {
    const rules = Rules.parse(parse(await read('prometheus/clearcut.rules.yml'))).groups.flatMap(
      ({ rules }) => rules,
    );
    expect(rules.flatMap(({ expr }) => faultsOf(expr))).toEqual([]);

    const runbook = await read('../docs/alerts.md');
    const headings = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules)
      expect(annotations.runbook).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
  });

  it('the programs can be told apart wherever they are scraped', async () => {
    type Relabelled = { target_label?: string; targetLabel?: string };
    const { scrape_configs: laptop } = parse(await read('prometheus/laptop.yml')) as {
      scrape_configs: { static_configs: { labels: { program?: string } }[] }[];
    };
    const named = laptop.flatMap(({ static_configs }) => static_configs.map(({ labels }) => labels.program));
    expect(named).toEqual(['gateway', 'worker', 'dispatcher']);
    const { scrape_configs: fleet } = parse(await read('prometheus/prometheus.yml')) as {
      scrape_configs: { relabel_configs: Relabelled[] }[];
    };
    for (const { relabel_configs } of fleet)
      expect(relabel_configs.map(({ target_label }) => target_label)).toContain('program');
    const monitor = parse(await read('../k8s/components/monitoring/service-monitor.yaml')) as {
      spec: { endpoints: { relabelings: Relabelled[] }[] };
    };
    for (const { relabelings } of monitor.spec.endpoints)
      expect(relabelings.map(({ targetLabel }) => targetLabel)).toContain('program');
  });

  it('the files lie where Prometheus and Grafana look for them', async () => {
    const Prometheus = z.object({
      rule_files: z.array(z.string()),
      scrape_configs: z.array(z.object({ job_name: z.string() })),
    });
    const laptop = Prometheus.parse(parse(await read('prometheus/laptop.yml')));
    expect(laptop.rule_files).toEqual(['clearcut.rules.yml']);
    const fleet = Prometheus.parse(parse(await read('prometheus/prometheus.yml')));
    expect(fleet.rule_files).toEqual(['/etc/prometheus/*.rules.yml']);
    for (const { job_name } of [...laptop.scrape_configs, ...fleet.scrape_configs])
      expect(job_name).toMatch(/^clearcut/);
    const source = parse(await read('grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { uid: string }[];
    };
    expect(await read('grafana/dashboards/overview.json')).toContain(`"${source.datasources[0]?.uid}"`);
  });
});
