export { isAllowEntry } from './allow.js';
export type { FetchLimits } from './exchange.js';
export { createOutbound, type Outbound, type OutboundOptions } from './outbound.js';
export type { Resolve } from './target.js';
