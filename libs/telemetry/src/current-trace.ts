import { AsyncLocalStorage } from 'node:async_hooks';
import { trace, type Context } from '@opentelemetry/api';

/** The context of the current span, kept across awaits. */
export const currentContext = new AsyncLocalStorage<Context>();

export const currentSpanContext = () => {
  const context = currentContext.getStore();
  return context && trace.getSpanContext(context);
};
