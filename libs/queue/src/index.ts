export { queueConnections, type LibraryQueue, type QueueConfig } from './backend.js';
export { createConsumer, type Consumer, type ConsumerOptions, type Handler } from './consumer.js';
export { queueName } from './names.js';
export { OutageError, pauseMs } from './outage.js';
export { watchRedisMemory, type RedisMemory, type RedisMemoryWatch } from './redis-memory.js';
export { createTaskQueue, type Job, type JobCounts, type TaskQueue } from './task-queue.js';
