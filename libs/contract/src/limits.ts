/** Bytes of the body of `POST /v1`. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Bytes of one encoded image; its base64 still fits the body. */
export const MAX_IMAGE_BYTES = 47 * 1024 * 1024;
