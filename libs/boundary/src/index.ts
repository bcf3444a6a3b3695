export { atParameter } from './at-parameter.js';
export { downloadImage, downloadInto } from './download.js';
export { tryAgain, type Tries } from './try-again.js';
