/** Bytes of the body of `POST /v1`. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Bytes of one encoded image; its base64 still fits the body. */
export const MAX_IMAGE_BYTES = 47 * 1024 * 1024;
/**
 * Characters of an address that a task names. Signed addresses of S3 with a session token have 1,300 to 2,500, those of
 * Google and Azure under 1,200.
 */
export const MAX_URL_LENGTH = 4096;
