export * from './answer.js';
export { pixelsOf, type Length } from './compose/length.js';
export { layOut, type Box, type Layout } from './compose/layout.js';
export { BACKGROUND_IMAGE, canvasParameterOf, type ComposeColour, type ComposePlan } from './compose/plan.js';
export { builtInPresets, loadPresets, type Presets } from './compose/presets.js';
export { Composition } from './composition.js';
export { AccountDetails, Cutout, Result, resultSchemas, Warning } from './result.js';
export { documented, toErrorItem, toFailure, withDocumentation, type Routing } from './error-item.js';
export { MAX_BODY_BYTES, MAX_IMAGE_BYTES, MAX_URL_LENGTH } from './limits.js';
export { examples } from './examples.js';
export { didYouMean } from './closest.js';
export { parseImageSource, type ParsedSource } from './image-source.js';
export { asImageBytes, inWindows, windowsOf, type ImageBytes } from './image-bytes.js';
export { readImageText, unescaping, type ImageTextReader, type TextContent } from './image-text.js';
export { ImageFile, LongText, releasing, type Apart, type ImageText } from './long-text.js';
export { breathe, createTurns, inSlices } from './slices.js';
export { fromTexts } from './from-texts.js';
export { parseTask, routingOf } from './parse-task.js';
export { codeAnchor, parameterAnchor, sectionAnchor } from './reference-anchors.js';
export { joinFaults, problems, requireAll, TaskError, ProblemCode } from './problems.js';
export { Output, outputOf, OutputType } from './output.js';
export * from './tasks.js';
export { type CancelTask, type ListTasks } from './lifecycle-tasks.js';
export { type ListWebhooks, type ReplayWebhooks, type Webhook } from './webhook-tasks.js';
export { TaskStatus, type ListedTask } from './lifecycle.js';
export { type Settings } from './settings.js';
export { requireSettings, toRemoval, type Removal } from './removal.js';
export { EndedTask, toCutout, toWebhookBody, type FinishedRemoval } from './task-result.js';
export { Finishing, plainFinishing } from './finishing.js';
export { presetFinishing, refinePresets } from './refine-presets.js';
export {
  BASE,
  deepestImagePath,
  furtherImagePaths,
  furtherImagesOf,
  HINT,
  holderAt,
  imagePaths,
  isFurtherImage,
  isImagePath,
  isTouchUp,
  MAX_FURTHER_IMAGES,
  pathOf,
  withValuesAt,
  type FurtherImage,
} from './image-parameters.js';
export {
  EndedJob,
  Job,
  JobAnswer,
  JobItems,
  JobList,
  JobOptions,
  JobRequest,
  parseJob,
  type JobImage,
  type JobItem,
} from './jobs.js';
export { isSameFolder, JobFolder, namesImage, pathInPlace } from './job-places.js';
export { toPrediction, type PredictionTask } from './doors/prediction.js';
export { WebhookForm } from './doors/webhook-form.js';
export { isUuid } from './uuid.js';
export { faultsOfFile, faultsOfNames, wordsOf } from './file-faults.js';
