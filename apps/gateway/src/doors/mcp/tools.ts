import { randomUUID } from 'node:crypto';
import { furtherImagesOf, pathOf, withValuesAt, type ErrorItem, type ImageText, type Reply } from '#contract';
import type { Owner } from '#database';
import { ToolError, type RemovalAsked, type Tools } from '#mcp';
import { defaultModelOf, type Catalogue } from '#models';
import { cutoutIn } from '../../cutout/open-picture.js';
import type { ModelList } from '../../models/describe-models.js';
import type { Intake } from '../../tasks/intake.js';
import { renamed } from '../door.js';
import { without } from '../parameters.js';

export type ToolNeeds = {
  readonly catalogue: Catalogue;
  readonly intake: Intake;
  readonly listModels: () => Promise<ModelList>;
};

export type ToolCaller = {
  readonly owner: Owner;
  readonly gone: AbortSignal;
  /** The image for a text of a request; large ones have a stand-in there. */
  readonly imageOf: (text: string) => ImageText;
};

/** What the tool calls the image. */
const toolNames = { inputImage: 'image' };

const toolError = (error: ErrorItem) => {
  const { message, taskUUID } = renamed(error, toolNames);
  return new ToolError(taskUUID === undefined ? message : `${message} (taskUUID ${taskUUID})`);
};

const requireData = ({ body }: Reply) => {
  const [error] = body.errors ?? [];
  if (error) throw toolError(error);
  return body;
};

const remove = async (needs: ToolNeeds, caller: ToolCaller, asked: RemovalAsked) => {
  const images = furtherImagesOf(asked).map(
    ({ parameter, image }) =>
      [pathOf(parameter), typeof image === 'string' ? caller.imageOf(image) : image] as const,
  );
  const task = without({
    model: defaultModelOf(needs.catalogue).air,
    ...withValuesAt(asked, images),
    taskType: 'removeBackground',
    taskUUID: randomUUID(),
    inputImage: caller.imageOf(asked.image),
    image: undefined,
    includeCost: true,
    outputType: ['URL', 'base64Data'],
  });
  const reply = await needs.intake([task], { ...caller, isDryRun: false });
  const cutout = cutoutIn(requireData(reply));
  if (!cutout) throw new ToolError('The task has no result.');
  const { imageBase64Data = '', ...facts } = cutout;
  const contentType = `image/${(asked.outputFormat ?? 'PNG').toLowerCase().replace('jpg', 'jpeg')}`;
  return { facts, image: { base64: imageBase64Data, contentType } };
};

/** The tools for one caller, over the same intake as all tasks. */
export const createTools = (needs: ToolNeeds, caller: ToolCaller): Tools => ({
  removeBackground: (asked) => remove(needs, caller, asked),
  listModels: async () => ({ facts: (await needs.listModels()).data }),
  getTask: async ({ taskUUID }) => {
    const tasks = [{ taskType: 'getResponse', taskUUID }];
    const { data: [result] = [] } = requireData(
      await needs.intake(tasks, { owner: caller.owner, isDryRun: false }),
    );
    const { imageBase64Data: _, ...facts } = { imageBase64Data: undefined, ...result };
    return { facts };
  },
});
