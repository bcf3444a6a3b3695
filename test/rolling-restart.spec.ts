import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { removal } from '#test/client';
import { startFleet, type Fleet, type FleetProgram, type ProgramName } from '#test/fleet';
import { createPatientClient } from '#test/patient-client';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { until } from '#test/until';

jest.setTimeout(300_000);

const TASKS = 500;
const IN_A_REQUEST = 25;

describe('a fleet whose programs are replaced under load', () => {
  let fleet: Fleet;
  let receiver: Receiver;
  let photo: string;
  /** The gateways in use, as a load balancer would know them. */
  let gateways: FleetProgram[] = [];
  const running = new Map<ProgramName, FleetProgram>();

  beforeAll(async () => {
    receiver = await startReceiver();
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', MAX_TASKS_PER_REQUEST: '100' });
    photo = (await toPng(disc(60, 40))).toString('base64');
    for (const name of ['gateway', 'worker', 'dispatcher'] as const)
      running.set(name, await fleet.start(name));
    gateways = [...running].flatMap(([name, program]) => (name === 'gateway' ? [program] : []));
  });
  afterAll(async () => {
    await fleet.stop();
    await receiver.stop();
  });

  /** Starts the new gateway before the old one gets SIGTERM, as a rolling update does. */
  const replace = async (name: ProgramName): Promise<number | null | undefined> => {
    const old = running.get(name);
    const next = await fleet.start(name);
    running.set(name, next);
    if (name === 'gateway') gateways = [next];
    return old?.stop();
  };

  const client = () => createPatientClient(fleet.key, () => gateways.map(({ url }) => url));

  it(`answers ${TASKS} tasks while each program is replaced twice: none fails, none is lost`, async () => {
    const url = `${receiver.url}/rolling`;
    const { submit, poll } = client();
    const asynchronous = () => removal(photo, { deliveryMethod: 'async', webhookURL: url });
    const acknowledged = submit(asynchronous, TASKS - 50, IN_A_REQUEST);
    const synchronous = submit(() => removal(photo), 50, IN_A_REQUEST);

    const codes: unknown[] = [];
    for (const name of ['gateway', 'worker', 'dispatcher', 'worker', 'gateway', 'dispatcher'] as const)
      codes.push(await replace(name));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);

    const results = await synchronous;
    expect(results.map(({ status }) => status)).toEqual(results.map(() => 'success'));
    const tasks = await acknowledged;
    expect(results.length + tasks.length).toBe(TASKS);

    await until(
      'all ends',
      async () => (await fleet.database.task.count({ where: { finishedAt: null } })) === 0,
      120_000,
    );
    const statuses = await Promise.all(tasks.map(({ taskUUID }) => poll(taskUUID)));
    expect(new Set(statuses)).toEqual(new Set(['success']));
    const rows = await fleet.database.task.groupBy({ by: ['state'], _count: true });
    expect(rows).toEqual([{ state: 'succeeded', _count: TASKS }]);
    await until(
      'all webhooks',
      async () => {
        const pending = await fleet.database.delivery.count({ where: { state: 'pending' } });
        return pending === 0;
      },
      60_000,
    );
    expect(receiver.received('/rolling').length).toBeGreaterThanOrEqual(TASKS - 50);
  });
});
