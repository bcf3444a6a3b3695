import { RemoveBackground } from '#contract';
import { z } from 'zod';

const { settings, refine, compose } = RemoveBackground.shape;

/** What an assistant says of a removal. */
export const RemovalAsked = z.strictObject({
  image: z
    .string()
    .min(1)
    .describe(
      'The image: an http(s) URL, a data URI, or the UUID of an image in this service. PNG, JPEG or WEBP.',
    ),
  model: z
    .string()
    .min(1)
    .optional()
    .describe('AIR id or slug of a model, see list_models; RemBG 1.4 without it.'),
  outputFormat: z
    .enum(['PNG', 'JPG', 'WEBP'])
    .optional()
    .describe('PNG without it. JPG has no transparency.'),
  settings,
  refine,
  compose,
});
export type RemovalAsked = z.infer<typeof RemovalAsked>;

export const TaskAsked = z.strictObject({
  taskUUID: z.string().describe('The taskUUID that remove_background told.'),
});
export type TaskAsked = z.infer<typeof TaskAsked>;

/** The result of a tool: facts, and an image where there is one. */
export type ToolResult = {
  readonly facts: unknown;
  readonly image?: { readonly base64: string; readonly contentType: string };
};

/** What stands behind the tools. Their errors are told to the assistant. */
export type Tools = {
  readonly removeBackground: (asked: RemovalAsked) => Promise<ToolResult>;
  readonly listModels: () => Promise<ToolResult>;
  readonly getTask: (asked: TaskAsked) => Promise<ToolResult>;
};

/** A fault that the assistant is told as the tool's result. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}
