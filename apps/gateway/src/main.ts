import { catalogue } from '#models';
import { runProgram } from '#program';
import { startGateway } from './start-gateway.js';

await runProgram('gateway', (context) => startGateway(context, catalogue));
