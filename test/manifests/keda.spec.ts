import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { insertTasks } from '#database';
import { startControlPlane, type ControlPlane } from '#test/control-plane';
import { charts, renderChart } from '#test/helm';
import { describeKeda, startKeda } from '#test/keda';
import { buildManifests, type Manifest } from '#test/manifests';
import { startScaling, type Scaling } from '#test/scaling';
import { removal } from '#test/client';
import { newTaskOf } from '#test/new-task';
import { disc, toPng } from '#test/pictures';
import { until } from '#test/until';

jest.setTimeout(300_000);

const overlay = 'k8s/overlays/keda';
const values = charts.get(overlay);
const sources: readonly (readonly [string, string, () => Promise<readonly Manifest[]>])[] = [
  ['the overlay keda', 'by-overlay', () => buildManifests(overlay)],
  ...(values ? [['the chart with KEDA', 'by-chart', () => renderChart(values)] as const] : []),
];

// No scheduler and no node are there, so no pod starts.
describeKeda('KEDA', () => {
  let plane: ControlPlane;
  let keda: { stop: () => Promise<void> } | undefined;
  beforeAll(async () => {
    plane = await startControlPlane();
    keda = await startKeda(plane);
  });
  afterAll(async () => {
    await keda?.stop();
    await plane.stop();
  });

  describe.each(sources)('by %s', (_, namespace, build) => {
    let scaling: Scaling;
    beforeAll(async () => {
      scaling = await startScaling(plane, namespace, await build());
    });
    afterAll(() => scaling.stop());

    const insert = (count: number, model?: string) => {
      const { service, ownerId } = scaling;
      const task = () => ({ task: newTaskOf(ownerId, model ? { model } : {}), revision: 1 });
      return insertTasks(service.database, Array.from({ length: count }, task));
    };

    it('keeps the first worker of a fresh installation, although nothing waits', async () => {
      await until('the ScaledObject', () => scaling.hasCondition('Ready', 'True'));
      // KEDA has counted no task, and waits for the end of initialCooldownPeriod.
      await until('a count', () => scaling.hasCondition('Active', 'False', 'ScalerCooldown'));
      await scaling.untilPolls(2);
      expect(await scaling.workers()).toBe(1);
    });

    it('makes an HPA with the target, the limits and the behavior of the manifests', async () => {
      const { spec } = await scaling.hpa();
      const target = { type: 'AverageValue', averageValue: '9' };
      expect(spec).toMatchObject({
        minReplicas: 1,
        maxReplicas: 8,
        metrics: [{ type: 'External', external: { target } }],
        behavior: {
          scaleDown: {
            stabilizationWindowSeconds: 600,
            policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
          },
        },
      });
    });

    it('goes to no worker after initialCooldownPeriod, which is one second from here on', async () => {
      await scaling.change({ initialCooldownPeriod: 1, cooldownPeriod: 1, pollingInterval: 1 });
      await until('the end of the last worker', async () => (await scaling.workers()) === 0);
    });

    it('keeps its number of workers when the manifests are applied again', async () => {
      await scaling.apply();
      expect(await scaling.workers()).toBe(0);
    });

    it('starts no worker for a task of a model that it does not serve', async () => {
      await insert(1, 'acme:1@1');
      await scaling.untilPolls(3);
      expect(await scaling.metric()).toBe('0');
      expect(await scaling.workers()).toBe(0);
    });

    it('starts a worker for the first task ever, which the gateway takes although no worker has run', async () => {
      const photo = (await toPng(disc(60, 40))).toString('base64');
      const sent = await scaling.service.post([removal(photo, { deliveryMethod: 'async' })]);
      expect(sent).toMatchObject({ status: 200, errors: [] });
      await until('a worker', async () => (await scaling.workers()) === 1);
      await until('the reason', () => scaling.hasCondition('Active', 'True'));
      expect(await scaling.metric()).toBe('1');
    });

    it('wants at least two workers where Postgres refuses the query, and says so', async () => {
      await scaling.changeQuery('SELECT count(*) FROM tasks_of_nobody');
      await until('two workers', async () => (await scaling.workers()) === 2);
      await until('the condition', () => scaling.hasCondition('Fallback', 'True'));
      await scaling.changeQuery();
      await until('the end of the condition', () => scaling.hasCondition('Fallback', 'False'));
    });

    it('wants a worker for 9 tasks that wait or run, and counts no others', async () => {
      const ids = (await insert(25)).flatMap((task) => task?.id ?? []);
      const become = (state: 'running' | 'succeeded', of: readonly string[]) =>
        scaling.service.database.task.updateMany({ where: { id: { in: [...of] } }, data: { state } });
      await become('succeeded', ids.slice(0, 6));
      await become('running', ids.slice(6, 10));
      // With that of the gateway.
      expect(await scaling.metric()).toBe('20');
      await until('three workers', async () => (await scaling.workers()) === 3);
    });

    it('keeps its workers while Postgres is away, and says so', async () => {
      await scaling.cutPostgres();
      const isLost = (message: string) => message.includes('error establishing postgreSQL connection');
      await until('an event', async () => (await scaling.events()).some(isLost));
      // KEDA does not reach its fallback, however often it is asked, and an HPA without an answer changes nothing.
      for (let asked = 0; asked < 10; asked += 1)
        await expect(scaling.metric()).rejects.toThrow('error establishing postgreSQL connection');
      await until('the HPA', async () => {
        const { conditions = [] } = (await scaling.hpa()).status;
        return conditions.some(({ reason }) => reason === 'FailedGetExternalMetric');
      });
      expect(await scaling.workers()).toBe(3);
      scaling.mendPostgres();
      await until('the tasks', async () => (await scaling.metric().catch(() => '')) === '20');
      expect(await scaling.workers()).toBe(3);
    });
  });
});
