export { isAllowEntry } from './allow.js';
export { isNat64Prefix } from './nat64.js';
export { createOutbound, type Outbound } from './outbound.js';
export { isProxyAway, OutboundError, type OutboundFault } from './outbound-error.js';
export { withJitter } from './retry-after.js';
export type { SendOptions, Sent } from './send.js';
export { isPassing, isSuccess } from './status.js';
