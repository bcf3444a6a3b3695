/** The container's health check: whether the program in it answers on its administration port. */
const { ADMIN_PORT } = process.env;
const answers = await fetch(`http://127.0.0.1:${ADMIN_PORT}/health/live`, {
  signal: AbortSignal.timeout(4000),
}).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(answers ? 0 : 1);
