export { isAllowEntry } from './allow.js';
export type { FetchLimits } from './exchange.js';
export { createOutbound, type Outbound, type OutboundOptions } from './outbound.js';
export { UnreachableError, type Asked } from './failure.js';
export { withJitter } from './retry-after.js';
export type { SendOptions, Sent } from './send.js';
export type { Resolve } from './target.js';
