export { openSecrets } from './open-secrets.js';
export { SecretsError, type Secrets } from './secrets.js';
