import { readCatalogue } from '#config';
import { runProgram } from '#program';
import { startGateway } from './start-gateway.js';

await runProgram('gateway', async (context) => startGateway(context, await readCatalogue(context.config)));
