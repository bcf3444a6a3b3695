import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { currentContext, currentSpanContext } from './current-trace.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

export type SpanOptions = {
  readonly kind?: 'server' | 'client' | 'consumer';
  /** Facts with few words; never a URL, since those carry secrets. */
  readonly attributes?: Attributes;
  /** A W3C traceparent; the span around, unless given. What is not one is as if not given. */
  readonly parent?: string | null | undefined;
  /** When it began, if not now. */
  readonly startedAt?: Date;
};

/** A span that is begun in one place and ended in another. */
export type OpenSpan = {
  /** Runs what follows as a part of the span. */
  readonly enter: (work: () => void) => void;
  readonly end: (attributes: Attributes, failed: boolean) => void;
};

export type Tracing = {
  readonly begin: (name: string, options?: SpanOptions) => OpenSpan;
  /** Runs work in a span, which ends with it. */
  readonly trace: <T>(name: string, options: SpanOptions, work: () => Promise<T>) => Promise<T>;
  /** The traceparent of the span around, to be handed on. */
  readonly traceparent: () => string | undefined;
  /** Adds facts to the span around. */
  readonly note: (attributes: Attributes) => void;
  /** Sends what is not sent yet. */
  readonly close: () => Promise<void>;
};

export type TracingConfig = { readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined };

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;

const noTracing: Tracing = {
  begin: () => ({ enter: (work) => work(), end: () => undefined }),
  trace: (_name, _options, work) => work(),
  traceparent: () => undefined,
  note: () => undefined,
  close: async () => undefined,
};

/** The exporter keeps its faults to itself unless somebody listens. */
const heard = (exporter: SpanExporter, onError: (error: Error) => void): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      if (result.error) onError(result.error);
      done(result);
    }),
  shutdown: () => exporter.shutdown(),
});

/** The error's code or class; its message may name what the caller sent. */
const errorType = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};

const createTracing = (tracer: Tracer, close: () => Promise<void>): Tracing => {
  const start = (name: string, { kind, attributes = {}, parent, startedAt }: SpanOptions) => {
    const remote = parseTraceparent(parent ?? '');
    const around: Context = remote
      ? trace.setSpanContext(ROOT_CONTEXT, remote)
      : (currentContext.getStore() ?? ROOT_CONTEXT);
    const options = {
      attributes,
      ...(kind && { kind: kinds[kind] }),
      ...(startedAt && { startTime: startedAt }),
    };
    const span = tracer.startSpan(name, options, around);
    return { span, context: trace.setSpan(around, span) };
  };
  const fail = (span: Span, error: unknown) => {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', errorType(error));
  };

  return {
    begin: (name, options = {}) => {
      const { span, context } = start(name, options);
      return {
        enter: (work) => currentContext.run(context, work),
        end: (attributes, failed) => {
          span.setAttributes(attributes);
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    trace: async (name, options, work) => {
      const { span, context } = start(name, options);
      try {
        return await currentContext.run(context, work);
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
    traceparent: () => {
      const span = currentSpanContext();
      return span && formatTraceparent(span);
    },
    note: (attributes) => {
      trace.getSpan(currentContext.getStore() ?? ROOT_CONTEXT)?.setAttributes(attributes);
    },
    close,
  };
};

/**
 * Sends the spans of one program to an OTLP/HTTP receiver, as JSON. Without an endpoint nothing is measured and
 * nothing is sent.
 *
 * @param onError hears of spans that could not be sent; they are lost
 */
export const openTracing = (
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: TracingConfig,
  program: string,
  onError: (error: Error) => void,
): Tracing => {
  if (!endpoint) return noTracing;

  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `clearcut-${program}` }),
    spanProcessors: [new BatchSpanProcessor(heard(exporter, onError))],
  });
  return createTracing(provider.getTracer('clearcut'), () => provider.shutdown());
};
