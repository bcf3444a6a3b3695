/** The container's health check: asks the admin port of its program. */
const { ADMIN_PORT } = process.env;
const answers = await fetch(`http://127.0.0.1:${ADMIN_PORT}/health/live`, {
  signal: AbortSignal.timeout(4000),
}).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(answers ? 0 : 1);
