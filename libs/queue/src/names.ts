/**
 * Names a lane's queue. A lane is the AIR id of a model, or a stage that needs no device: `fetch` or `upload`. Each has
 * its own queue, so that workers can be dedicated to a model. On Redis, its waiting jobs are the list
 * `<QUEUE_PREFIX>:<name>:wait`.
 * @param lane such as `runware:109@1`; BullMQ allows no colon in names
 */
export const queueName = (lane: string): string => `removal-${lane.replaceAll(/[:@]/g, '-')}`;
