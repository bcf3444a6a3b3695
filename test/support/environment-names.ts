import { Environment } from '../../libs/config/src/environment.js';

const { left: programs, right: storage } = Environment.def;

/** The port of the gateway unless another is set. */
export const defaultPort = programs.shape.PORT.parse(undefined);

const ownNames: readonly string[] = [
  ...Object.keys(programs.shape),
  ...storage.options.flatMap(({ shape }) => Object.keys(shape)),
];

/** What a library reads beside them. */
const libraryNames: readonly string[] = ['ORT_DISABLE_TELEMETRY'];

/** Every variable that the programs know. */
export const environmentNames: readonly string[] = [...ownNames, ...libraryNames];
