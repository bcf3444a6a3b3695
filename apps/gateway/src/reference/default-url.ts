/** PUBLIC_URL unless it is set. */
export const defaultUrl = 'http://127.0.0.1:3000';
