export * from './answer.js';
export { toErrorItem, toFailure, type Routing } from './error-item.js';
export { MAX_BODY_BYTES, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS } from './limits.js';
export { parseImageSource, type ParsedSource } from './image-source.js';
export { parseTask, routingOf } from './parse-task.js';
export { problems, TaskError, ProblemCode, type ProblemDetails } from './problems.js';
export * from './tasks.js';
