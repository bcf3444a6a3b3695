export { parseRedisUrl, redisUrlFault, type RedisAddress } from './redis-address.js';
