import { runProgram } from '#program';
import { startDispatcher } from './start-dispatcher.js';

await runProgram('dispatcher', startDispatcher);
