import { AsyncLocalStorage } from 'node:async_hooks';
import { trace, type Context } from '@opentelemetry/api';

/** The span that the running code belongs to, through all awaits. */
export const currentContext = new AsyncLocalStorage<Context>();

export const currentSpanContext = () => {
  const context = currentContext.getStore();
  return context && trace.getSpanContext(context);
};
