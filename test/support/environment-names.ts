import { Environment } from '../../libs/config/src/environment.js';

const { left: programs, right: storage } = Environment.def;

/** The gateway's default port. */
export const defaultPort = programs.shape.PORT.parse(undefined);

const ownNames: readonly string[] = [
  ...Object.keys(programs.shape),
  ...storage.options.flatMap(({ shape }) => Object.keys(shape)),
];

/** Variables that only libraries read. */
const libraryNames: readonly string[] = ['ORT_DISABLE_TELEMETRY'];

/** Every variable that the programs read. */
export const environmentNames: readonly string[] = [...ownNames, ...libraryNames];
