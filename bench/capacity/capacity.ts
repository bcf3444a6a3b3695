import { writeFile } from 'node:fs/promises';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { measure, usual } from './measure.js';
import { Measured, type Cost, type CpuMs } from './measured.js';
import { MEASURED_PATH } from './read-measured.js';
import { placesHere } from './setting.js';

/** Longer than it takes; whatever hangs ends by then. */
const AT_MOST_MS = 300_000;
const WRITE = '--write';

const describeCpu = (cpuMs: CpuMs) =>
  Object.entries(cpuMs)
    .map(([program, ms]) => `${program} ${ms.toFixed(2)}`)
    .join('  ');

const printCost = (print: Bench['print'], label: string, cost: Cost) => {
  const { perSecond, cpuMs, transactions, walBytes, commands } = cost;
  const redis = commands === undefined ? '' : `, ${commands.toFixed(1)} commands to Redis`;
  print(`  ${label.padEnd(14)}${describeCpu(cpuMs)}   (CPU ms a task; ${perSecond.toFixed(1)} tasks/s)`);
  print(
    `  ${''.padEnd(14)}${transactions.toFixed(1)} transactions, ${walBytes.toFixed(0)} bytes of WAL${redis}`,
  );
};

const report = (print: Bench['print'], { backends, photo, rows, commits }: Measured) => {
  for (const [place, backend] of Object.entries(backends)) {
    const { gateway, worker, dispatcher } = backend.connections;
    print(`Tiny images, the queue in ${place}:`);
    printCost(print, 'inline', backend.tiny.inline);
    printCost(print, 'URL, webhook', backend.tiny.url);
    print(`  idle        ${describeCpu(backend.idle.cpuMs)}   (CPU ms a second)`);
    print(`  connections to Postgres: gateway ${gateway}  worker ${worker}  dispatcher ${dispatcher}`);
    print(`  a waiting job takes ${backend.jobBytes} bytes`);
  }
  const { stages } = photo;
  print(
    `${photo.width} × ${photo.height}, JPEG of ${photo.jpegBytes} bytes in, PNG of ${photo.pngBytes} bytes out:`,
  );
  printCost(print, 'inline', photo.inline);
  printCost(print, 'URL, webhook', photo.url);
  print(
    `  stages      decode ${stages.decode.toFixed(0)}  preprocess ${stages.preprocess.toFixed(0)}  ` +
      `postprocess ${stages.postprocess.toFixed(0)}  encode ${stages.encode.toFixed(0)}   (CPU ms an image, alone)`,
  );
  print(
    `Bytes of a row: ${Object.entries(rows)
      .map(([table, bytes]) => `${table} ${bytes}`)
      .join('  ')}`,
  );
  print(
    `Commits/s of ${commits.clients} clients: ${commits.silent} silent, ${commits.notifying} notifying, ` +
      `${commits.notifyingAfter} notifying afterwards`,
  );
};

const run = async (bench: Bench): Promise<void> => {
  const { args, print, stopping } = bench;
  const options = readCounts(
    args.filter((arg) => arg !== WRITE),
    usual,
  );
  const timer = setTimeout(
    () => stopping.abort(new Error(`it took longer than ${AT_MOST_MS / 1000} s`)),
    AT_MOST_MS,
  );
  bench.closers.push(() => clearTimeout(timer));

  const measured = Measured.parse(await measure(bench, placesHere(print), options));
  report(print, measured);
  if (!args.includes(WRITE)) return;
  await writeFile(MEASURED_PATH, `${JSON.stringify(measured, undefined, 2)}\n`);
  print(`written to ${MEASURED_PATH}; npm run docs makes docs/capacity.md of it`);
};

export const capacity: Benchmark = {
  about: 'what a task costs every program; --seconds 15 --write',
  smallest: ['--seconds', '1', '--idle', '1', '--commits', '1', '--width', '64', '--network', '64'],
  run,
};
