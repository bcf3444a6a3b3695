import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '#telemetry';
import { removal } from '#test/client';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '#test/otlp-receiver';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

type Tree = { [span: string]: Tree };

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerSpan = '00f067aa0ba902b7';

const treeBelow = (spans: readonly ReceivedSpan[], parentSpanId: string | undefined): Tree =>
  Object.fromEntries(
    spans
      .filter((span) => span.parentSpanId === parentSpanId)
      .toSorted((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1))
      .map(({ service, name, spanId }) => [
        `${service.replace('clearcut-', '')} ${name}`,
        treeBelow(spans, spanId),
      ]),
  );

const hidden = ['hush-image', 'hush-upload', 'hush-hook'] as const;

describe('the trace of a task', () => {
  let service: Service;
  let collector: OtlpReceiver;
  let pictures: PictureServer;
  let receiver: Receiver;
  let lines = '';
  let spans: readonly ReceivedSpan[];

  beforeAll(async () => {
    collector = await startOtlpReceiver();
    receiver = await startReceiver();
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    const destination = new Writable({
      write: (chunk, _encoding, done) => {
        lines += String(chunk);
        done();
      },
    });
    service = await startService({
      log: createLogger('test', 'trace', destination),
      env: { OUTBOUND_ALLOW: '127.0.0.1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    await service.worker.start();
    await service.dispatcher.start();

    const task = removal(`${pictures.url}?signature=${hidden[0]}`, {
      uploadEndpoint: `${receiver.url}/upload?signature=${hidden[1]}`,
      webhookURL: `${receiver.url}/hook?token=${hidden[2]}`,
    });
    await service.post([task], {
      authorization: `Bearer ${service.key}`,
      traceparent: `00-${traceId}-${callerSpan}-01`,
    });
    await service.post([
      removal(`${pictures.url}/?key=${hidden[0]}`, { uploadEndpoint: 'http://10.0.0.1/?' }),
    ]);
    await until('the webhook', () => receiver.received('/hook').length > 0);
    await service.stop();
    spans = collector.spans.filter((span) => span.traceId === traceId);
  });
  afterAll(async () => {
    await pictures.stop();
    await receiver.stop();
    await collector.stop();
  });

  it("continues the caller's trace through all programs", () => {
    expect(treeBelow(spans, callerSpan)).toEqual({
      'gateway POST /v1': {
        'gateway task': {
          'gateway accept': {
            'worker queue': {},
            'worker process fetch': { 'worker fetch': {}, 'worker finish': {} },
            'worker process': {
              'worker fetch': {},
              'worker decode': {},
              'worker preprocess': {},
              'worker infer': {},
              'worker postprocess': {},
              'worker encode': {},
              'worker store': {},
              'worker finish': {},
            },
            'worker process upload': { 'worker upload': {}, 'worker finish': {} },
            'dispatcher webhook': {},
          },
        },
      },
    });
  });

  it("contains the task's facts and its outcome", async () => {
    const facts = Object.assign({}, ...spans.map(({ attributes }) => attributes)) as Record<string, unknown>;
    expect(facts).toMatchObject({
      'http.route': '/v1',
      'http.response.status_code': 200,
      'clearcut.task_type': 'removeBackground',
      'clearcut.model': 'runware:109@1',
      'clearcut.attempt': 1,
      'clearcut.result': 'delivered',
      'clearcut.task_id': expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(spans.filter(({ status }) => status.code === 2)).toEqual([]);
  });

  it('can be found from the log lines of the task', () => {
    const finished = lines.split('\n').find((line) => line.includes('task finished')) ?? '{}';
    expect(JSON.parse(finished)).toMatchObject({ traceId, model: 'runware:109@1', attempt: 1 });
    const sent = lines.split('\n').find((line) => line.includes('webhook sent')) ?? '{}';
    expect(JSON.parse(sent)).toMatchObject({ traceId });
  });

  it('contains no keys and no query strings of URLs, and neither does the log', () => {
    const secrets = [...hidden, service.key, service.key.slice(10)];
    expect(secrets.filter((secret) => collector.text().includes(secret))).toEqual([]);
    expect(secrets.filter((secret) => lines.includes(secret))).toEqual([]);
    expect(lines).toContain('task finished');
  });
});
