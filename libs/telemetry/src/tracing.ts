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

type SpanOptions = {
  readonly kind?: 'server' | 'client' | 'consumer';
  /** Must not contain URLs, since those can carry secrets. */
  readonly attributes?: Attributes;
  /** A W3C traceparent. Unless it is valid, the current span is the parent. */
  readonly parent?: string | null | undefined;
  /** Defaults to now. */
  readonly startedAt?: Date;
};

/** A span that begins and ends in different places. */
export type OpenSpan = {
  /** Runs `work` as part of the span. */
  readonly enter: (work: () => void) => void;
  readonly end: (attributes: Attributes, failed: boolean) => void;
};

export type Tracing = {
  readonly begin: (name: string, options?: SpanOptions) => OpenSpan;
  /** Runs `work` in a span that ends with it. */
  readonly trace: <T>(name: string, options: SpanOptions, work: () => Promise<T>) => Promise<T>;
  /** The traceparent of the current span, to pass on. */
  readonly traceparent: () => string | undefined;
  /** Adds attributes to the current span. */
  readonly note: (attributes: Attributes) => void;
  /** Sends the remaining spans. */
  readonly close: () => Promise<void>;
};

type TracingConfig = { readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined };

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;

const noTracing: Tracing = {
  begin: () => ({ enter: (work) => work(), end: () => undefined }),
  trace: (_name, _options, work) => work(),
  traceparent: () => undefined,
  note: () => undefined,
  close: async () => undefined,
};

/** Reports export errors, which the exporter itself hides. */
const reportErrors = (exporter: SpanExporter, onError: (error: Error) => void): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      if (result.error) onError(result.error);
      done(result);
    }),
  shutdown: () => exporter.shutdown(),
});

/** The error's code or class. Its message may contain the caller's data. */
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
 * Sends the program's spans to an OTLP/HTTP receiver as JSON. Without an endpoint, tracing is off.
 * @param onError receives the error when spans could not be sent; those are lost
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
    spanProcessors: [new BatchSpanProcessor(reportErrors(exporter, onError))],
  });
  return createTracing(provider.getTracer('clearcut'), () => provider.shutdown());
};
