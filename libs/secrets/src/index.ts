export { openSecrets } from './open-secrets.js';
export { type Secrets } from './secrets.js';
