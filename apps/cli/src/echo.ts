/** npm repeats the Ctrl-C that the terminal already sent us. A signal this soon is that repetition. */
export const ECHO_MS = 1_000;
