/** Writes the alerts of deploy/prometheus for the Prometheus operator. Run it by hand after a change. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'deploy/prometheus');
const groups = readdirSync(folder)
  .filter((name) => name.endsWith('.rules.yml'))
  .sort()
  .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')).groups);

const rule = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  // The label by which the kube-prometheus-stack selects, if its Helm release has that name.
  metadata: { name: 'clearcut', labels: { release: 'kube-prometheus-stack' } },
  spec: { groups },
};
writeFileSync(
  join(root, 'k8s/components/monitoring/prometheus-rule.yaml'),
  `# Made of deploy/prometheus by tools/prometheus-rule.mjs.\n${stringify(rule, { singleQuote: true, lineWidth: 110 })}`,
);
