/**
 * Names a model's queue. Each model has its own, so that workers can be dedicated to it and scaled by its
 * length. On Redis, its waiting jobs are the list `bull:<name>:wait`.
 * @param air such as `runware:109@1`; BullMQ allows no colon in names
 */
export const queueName = (air: string): string => `removal-${air.replaceAll(/[:@]/g, '-')}`;
