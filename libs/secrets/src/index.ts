export { createImageSignatures, type ImageQuery, type ImageSignatures } from './image-signatures.js';
export { openExistingSecrets, openSecrets } from './open-secrets.js';
export { SecretsError, type Secrets } from './secrets.js';
export { newWebhookSecret, signatureOf } from './webhook-signature.js';
