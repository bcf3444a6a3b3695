import { assumptions } from '../assumptions.js';
import type { Measured } from '../measured.js';
import { coresPerGpu, plan, taskCost, workersPerGpu } from '../model.js';
import { bytes, count, ms, number } from './words.js';

const shop = { rate: 50, gpuMs: 100 };

/** One choice from beginning to end. */
export const example = (measured: Measured): string[] => {
  const { rate, gpuMs } = shop;
  const cost = taskCost(measured, 'url');
  const needs = plan(cost, shop, assumptions);
  const inline = plan({ ...cost, gatewayMs: taskCost(measured, 'inline').gatewayMs }, shop, assumptions);
  const { fullness } = assumptions;
  const perGpu = number(coresPerGpu(cost.workerMs, gpuMs));
  return [
    '## Example',
    '',
    `A shop wants ${rate} images/s at its peak: photos of two megapixels by URL, PNG out, the end by webhook, BiRefNet at ${gpuMs} ms on its GPU.`,
    '',
    `- **GPUs**: ${rate} × ${gpuMs} / 1000 / ${fullness} = ${count(needs.gpus)}.`,
    `- **Workers**: ${count(needs.gpus * workersPerGpu(measured, gpuMs))}, with ${count(needs.workerCores)} cores together: ${rate} × ${ms(cost.workerMs)} / 1000 / ${fullness}. A GPU that never rests takes ${perGpu} cores.`,
    `- **Gateways**: ${count(needs.gateways)}, as for all small rates; ${count(inline.gateways)} if the images came inside the requests.`,
    `- **Dispatchers**: ${count(needs.dispatchers)}. One receiver that takes ${assumptions.receiverMs} ms for an answer gets ${number(4000 / assumptions.receiverMs)} webhooks/s from each of them, so that a single one needs ${count(Math.ceil(rate / (4000 / assumptions.receiverMs)))}.`,
    `- **Postgres**: ${needs.postgresCores === 1 ? 'a core' : `${count(needs.postgresCores)} cores`}, ${number(needs.transactions)} transactions/s, ${bytes(needs.walBytes)} of WAL a second, ${count(needs.connections)} connections, ${bytes(needs.rowBytesPerDay)} of disk a day if the peak lasted all day.`,
    `- **Redis**: ${count(Math.max(1, needs.redisServers))}, and ${bytes(needs.backlogBytes)} of memory for the jobs of a minute in which nothing is worked.`,
    `- **Object store**: ${bytes(needs.storeBytes)}/s in ${number(needs.storeRequests)} requests/s, ${bytes(needs.storedBytesPerDay)} a day.`,
    '',
  ];
};
