import { readCompose } from './compose/of-task.js';
import { builtInPresets, type Presets } from './compose/presets.js';
import { toFinishing, type Finishing } from './finishing.js';
import { withPreset } from './refine-presets.js';
import { furtherImagesOf, type FurtherImage } from './image-parameters.js';
import type { Warning } from './result.js';
import { isSameText, type ImageText } from './long-text.js';
import { outputOf, outputTypesOf, type Output, type OutputType } from './output.js';
import { joinFaults, TaskError } from './problems.js';
import { firstNonDefault, settingsFields, type Settings } from './settings.js';
import { ignored, type RemoveBackground } from './tasks.js';

/** A removal in one form for all spellings of clients. */
export type Removal = Pick<RemoveBackground, 'taskType' | 'taskUUID' | 'webhookURL' | 'uploadEndpoint'> & {
  readonly output: Output;
  /** Further types in which the image is answered. */
  readonly otherTypes: readonly OutputType[];
  readonly inputImage: ImageText;
  /** The parameter that held the image, for errors. */
  readonly parameter: 'inputImage' | 'inputs.image';
  /** Images that the removal needs besides the one that is cut out. */
  readonly furtherImages: readonly FurtherImage[];
  readonly model: string;
  readonly isAsync: boolean;
  readonly ttl: number | undefined;
  /** Seconds after which the result is of no use. */
  readonly deadline: number | undefined;
  readonly priority: NonNullable<RemoveBackground['priority']>;
  readonly cancelOnDisconnect: boolean;
  readonly reportProgress: boolean;
  readonly finishing: Finishing;
  /** The first setting that differs from its default, for models that take no settings. */
  readonly setting: string | undefined;
  /** Of parameters that have no effect. */
  readonly warnings: readonly Warning[];
};

/** Older clients leave the model out. */
const LEGACY_MODEL = 'runware:109@1';

const imageOf = ({ inputImage, inputs }: RemoveBackground): Pick<Removal, 'inputImage' | 'parameter'> => {
  const newer = inputs?.image;
  if (inputImage !== undefined && newer !== undefined && !isSameText(inputImage, newer)) {
    const message = "'inputImage' and 'inputs.image' name different images.";
    throw new TaskError('incompatibleParameters', message, { parameter: 'inputs.image' });
  }
  if (newer !== undefined && inputImage === undefined)
    return { inputImage: newer, parameter: 'inputs.image' };
  if (inputImage !== undefined) return { inputImage, parameter: 'inputImage' };
  const parameter = inputs ? 'inputs.image' : 'inputImage';
  throw new TaskError('missingInputImage', `Missing required parameter '${parameter}'.`, { parameter });
};

const modelOf = ({ model, taskType }: RemoveBackground): string => {
  if (model) return model;
  if (taskType !== 'removeBackground') return LEGACY_MODEL;
  throw new TaskError('missingModel', "Missing required parameter 'model'.", { parameter: 'model' });
};

/** `settings` overrides the same fields at the task's root. */
const settingsOf = (task: RemoveBackground): Settings => {
  const names = Object.keys(settingsFields) as (keyof Settings)[];
  const flat = Object.fromEntries(
    names.flatMap((name) => (task[name] === undefined ? [] : [[name, task[name]]])),
  );
  return { ...flat, ...task.settings };
};

/** The first setting that differs from its default, by the name that the client used. */
const firstSettingOf = (task: RemoveBackground, settings: Settings): string | undefined => {
  const name = firstNonDefault(settings);
  return name && task.settings?.[name] !== undefined ? `settings.${name}` : name;
};

const withoutEffect = (message: string): Warning => ({ code: 'ignoredParameter', message });

const isAsyncCall = ({ deliveryMethod, webhookURL }: RemoveBackground): boolean =>
  deliveryMethod === 'async' || webhookURL !== undefined;

const noHint = "'refine.hintRadius' has no effect without 'refine.hint'.";
const noDisconnect = "'cancelOnDisconnect' has no effect on asynchronous calls.";

const warningsOf = (task: RemoveBackground, types: readonly OutputType[]): Warning[] => {
  const names = Object.keys(ignored) as (keyof typeof ignored)[];
  const sent = names.filter((name) => task[name] !== undefined);
  const warnings = sent.map((name) => withoutEffect(`'${name}' has no effect in this service.`));
  if (task.cancelOnDisconnect && isAsyncCall(task)) warnings.push(withoutEffect(noDisconnect));
  if (task.refine?.hintRadius && task.refine.hint === undefined) warnings.push(withoutEffect(noHint));
  if (task.ttl === undefined || types.includes('URL')) return warnings;
  return [...warnings, withoutEffect("'ttl' has no effect without the outputType 'URL'.")];
};

const faultOf = (read: () => unknown): TaskError[] => {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof TaskError) return [error];
    throw error;
  }
};

/**
 * @param presets of compositions, by their names
 * @throws TaskError when the image or the model is missing, or parameters contradict each other
 */
export const toRemoval = (task: RemoveBackground, presets: Presets = builtInPresets): Removal => {
  const [fault, ...others] = [...faultOf(() => modelOf(task)), ...faultOf(() => imageOf(task))];
  if (fault) throw joinFaults([fault, ...others]);
  const { taskType, taskUUID } = task;
  const output = outputOf(task);
  const settings = settingsOf(task);
  const composed = task.compose && readCompose(task.compose, settings.rgba, presets);
  const isAsync = isAsyncCall(task);
  const image = imageOf(task);
  const types = outputTypesOf(task);
  return {
    taskType,
    taskUUID,
    ...image,
    furtherImages: furtherImagesOf(composed ? { ...task, compose: composed.options } : task),
    model: modelOf(task),
    output,
    otherTypes: types.slice(1),
    isAsync,
    webhookURL: task.webhookURL,
    uploadEndpoint: task.uploadEndpoint,
    ttl: types.includes('URL') ? task.ttl : undefined,
    deadline: task.deadline,
    priority: task.priority ?? 'normal',
    cancelOnDisconnect: task.cancelOnDisconnect === true && !isAsync,
    reportProgress: task.reportProgress === true,
    finishing: toFinishing(settings, withPreset(task.refine), composed?.plan),
    setting: firstSettingOf(task, settings),
    warnings: warningsOf(task, types),
  };
};

type Settable = { readonly air: string; readonly name: string; readonly takesSettings?: boolean | undefined };

/** @throws TaskError unsupportedParameter when the model takes no settings and one is not the default */
export const requireSettings = (
  { air, name, takesSettings }: Settable,
  { setting }: Pick<Removal, 'setting'>,
): void => {
  if (!setting || takesSettings) return;
  const message = `${name} (${air}) takes no settings, and '${setting}' is not the default. See 'refine', which every model takes.`;
  throw new TaskError('unsupportedParameter', message, { parameter: setting });
};
