import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { clearcut } from '#test/cli';
import { runSql } from '#test/databases';
import { pythonClient } from '#test/python-client';
import { startReceiver, type Receiver } from '#test/receiver';
import { insertSucceeded } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

/** A webhook as its receiver got it. */
type Call = { readonly body: string; readonly headers: Record<string, string> };

const python = await pythonClient('standardwebhooks', 'standardwebhooks_driver');

let service: Service;
let receiver: Receiver;
let paths = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  service = await startService({
    env: { OUTBOUND_ALLOW: '127.0.0.1' },
    dispatcherOptions: { delaysMs: [1_500, 20], deliveries: { everyMs: 20, graceMs: 100 } },
  });
  await service.dispatcher.start();
});
afterAll(async () => {
  await service.stop();
  await receiver.stop();
});

const webhooks = async (...args: readonly string[]): Promise<string> => {
  const { DATABASE_URL, DATA_DIR } = service.config;
  const { out, err } = await clearcut(['webhooks', ...args], { DATABASE_URL, DATA_DIR });
  expect(err).toBe('');
  return out;
};
const secretOf = async (key = 'local') => (await webhooks('secret', key)).trim();

/** The calls for one task, when there are as many. */
const callsOf = async (count = 1, ...replies: number[]): Promise<Call[]> => {
  const path = `/hook-${++paths}`;
  receiver.answer(path, ...replies);
  await insertSucceeded(service, { webhookUrl: `${receiver.url}${path}` });
  const all = await until('the calls', () => {
    const found = receiver.received(path);
    return found.length >= count ? found : undefined;
  });
  return all.map(({ body, headers }) => ({ body: body.toString(), headers: headers as Call['headers'] }));
};
const onlyCall = async (): Promise<Call> => {
  const [call] = await callsOf();
  if (!call) throw new Error('there was no call');
  return call;
};
const verify = (secret: string, { body, headers }: Call) => new Webhook(secret).verify(body, headers);

describe('standardwebhooks (JavaScript)', () => {
  it('verifies the first webhook of an owner by the secret that the command prints', async () => {
    const call = await onlyCall();
    const secret = await secretOf();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(verify(secret, call)).toEqual(JSON.parse(call.body));
    expect(call.headers['webhook-signature']).toMatch(/^v1,\S+$/);
  });

  it('refuses another secret, body, id and time', async () => {
    const [call, secret] = [await onlyCall(), await secretOf()];
    const changed = (name: string, value: string) => ({
      ...call,
      headers: { ...call.headers, [name]: value },
    });
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect(() => verify(other, call)).toThrow(WebhookVerificationError);
    const wrong = [
      { ...call, body: `${call.body} ` },
      changed('webhook-id', 'another'),
      changed('webhook-timestamp', `${Number(call.headers['webhook-timestamp']) + 1}`),
    ];
    for (const each of wrong) expect(() => verify(secret, each)).toThrow(WebhookVerificationError);
  });

  it('verifies each attempt, which has the same id and its own time', async () => {
    const calls = await callsOf(2, 500, 200);
    const secret = await secretOf();
    for (const call of calls) verify(secret, call);
    const headers = calls.map((call) => call.headers);
    expect(headers[1]?.['webhook-id']).toBe(headers[0]?.['webhook-id']);
    expect(Number(headers[1]?.['webhook-timestamp'])).toBeGreaterThan(
      Number(headers[0]?.['webhook-timestamp']),
    );
  });

  it('verifies by both secrets during a rotation, and then by the new one alone', async () => {
    const before = await secretOf();
    const after = (await webhooks('rotate', 'local')).trim();
    expect((await secretOf()).split('\n')).toEqual([after, before]);
    const during = await onlyCall();
    for (const secret of [before, after]) verify(secret, during);
    expect(during.headers['webhook-signature']?.split(' ')).toHaveLength(2);

    const end = `UPDATE webhook_secrets SET previous_until = now() - interval '1 second'`;
    await runSql(service.config.DATABASE_URL, end);
    const later = await onlyCall();
    verify(after, later);
    expect(() => verify(before, later)).toThrow(WebhookVerificationError);
    expect(await secretOf()).toBe(after);
  });

  it('refuses the former secret at once after a rotation without an overlap', async () => {
    const before = await secretOf();
    const after = (await webhooks('rotate', 'local', '--overlap', '0s')).trim();
    const call = await onlyCall();
    verify(after, call);
    expect(() => verify(before, call)).toThrow(WebhookVerificationError);
  });

  it('finds the same secret after two dispatchers made it at once', async () => {
    await runSql(service.config.DATABASE_URL, 'DELETE FROM webhook_secrets');
    await service.otherDispatcher.start();
    const calls = (await Promise.all(Array.from({ length: 8 }, () => callsOf()))).flat();
    await service.otherDispatcher.stop();
    const secret = await secretOf();
    for (const call of calls) verify(secret, call);
  });

  it('never finds a secret in the open in the database', async () => {
    const { secret } = await service.database.webhookSecret.findFirstOrThrow();
    expect(secret).toMatch(/^sealed:/);
    expect(service.secrets.open(secret)).toBe(await secretOf());
  });
});

python.describe('standardwebhooks (Python)', () => {
  it('verifies a webhook by the secret, and refuses another body', async () => {
    const [call, secret] = [await onlyCall(), await secretOf()];
    expect(await python.run({ secret, ...call })).toEqual({ results: [JSON.parse(call.body)] });
    expect(await python.run({ secret, ...call, body: `${call.body} ` })).toMatchObject({
      error: { type: 'WebhookVerificationError' },
    });
  });

  it('verifies by both secrets during a rotation', async () => {
    const before = await secretOf();
    const after = (await webhooks('rotate', 'local')).trim();
    const call = await onlyCall();
    for (const secret of [before, after]) {
      expect(await python.run({ secret, ...call })).toEqual({ results: [JSON.parse(call.body)] });
    }
  });
});
