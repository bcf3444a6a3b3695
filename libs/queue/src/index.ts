export { type QueueConfig } from './backend.js';
export { createConsumer, type Consumer, type ConsumerOptions, type Handler } from './consumer.js';
export { createTaskQueue, type TaskQueue } from './task-queue.js';
