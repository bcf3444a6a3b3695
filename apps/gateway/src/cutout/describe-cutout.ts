import { ignored, RemoveBackground } from '#contract';
import type { ApiResponseOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { takes } from './read-task.js';

type Schema = Record<string, unknown>;

const plain = (field: unknown): unknown =>
  field instanceof z.ZodOptional || field instanceof z.ZodDefault ? plain(field.unwrap()) : field;

/** Numbers of one field, such as those of a colour, are a text with commas. */
const asText = (field: z.ZodType): Schema => ({
  type: 'string',
  example: '255,255,255,1',
  ...(field.meta()?.description && { description: `${field.meta()?.description} Numbers with commas.` }),
});

/** Without names of its own, since it stands where nothing can be referred to. */
const inline = (field: z.ZodType): Schema => {
  const { $schema: _, $ref, $defs = {}, id: __, ...json } = z.toJSONSchema(field, { io: 'input' });
  const named = $ref ? ($defs[$ref.split('/').at(-1) ?? ''] as Schema) : {};
  const { id: ___, default: preset, ...schema } = { ...named, ...json };
  const note = preset === undefined ? [] : [`Default: ${JSON.stringify(preset)}.`];
  const description = [schema['description'], ...note].filter(Boolean).join(' ');
  return { ...schema, ...(description && { description }) };
};

const fieldsOf = (shape: Readonly<Record<string, z.ZodType>>, prefix = ''): [string, Schema][] =>
  Object.entries(shape).flatMap(([name, field]): [string, Schema][] => {
    const whole = plain(field);
    if (whole instanceof z.ZodObject) return fieldsOf(whole.shape, `${prefix}${name}.`);
    return [[`${prefix}${name}`, whole instanceof z.ZodTuple ? asText(field) : inline(field)]];
  });

/** Older spellings, and what has no effect here, are taken too, and not described. */
const described = (name: string) =>
  takes(name) &&
  !Object.hasOwn(ignored, name) &&
  !['inputs', 'inputImage', 'reportProgress', 'numberResults', 'outputType'].includes(name) &&
  !(name in RemoveBackground.shape.settings.unwrap().shape);

/** The form as OpenAPI describes it: the image, and the parameters of the task by their dotted names. */
export const formSchema = (): { type: 'object'; properties: Record<string, Schema> } => {
  const shape = Object.entries(RemoveBackground.shape).filter(([name]) => described(name));
  return {
    type: 'object',
    properties: {
      image: {
        type: 'string',
        format: 'binary',
        description: 'The file; or as a text, the address or the UUID of an image.',
      },
      ...Object.fromEntries(fieldsOf(Object.fromEntries(shape))),
    },
  };
};

const picture = { schema: { type: 'string', format: 'binary' } } as const;

export const answerContent: NonNullable<ApiResponseOptions['content']> = {
  'image/png': picture,
  'image/webp': picture,
  'image/jpeg': picture,
  'application/json': { schema: { $ref: '#/components/schemas/Answer' } },
};

const header = (description: string) => ({ description, schema: { type: 'string' as const } });

export const answerHeaders = {
  'x-clearcut-task-uuid': header('The taskUUID, by which getResponse finds the task. Errors have it too.'),
  'x-clearcut-image-uuid': header('The UUID of the result.'),
  'x-clearcut-input-image-uuid': header('The UUID of the image that came: `image` takes it another time.'),
  'x-clearcut-cost': header('USD.'),
  'x-clearcut-composition': header(
    'Of `compose`: width and height of the canvas, then x, y, width and height of the subject on it and in the photo: `canvas=(90 60), subject=(21 6 48 48), source=(16 16 64 64)`.',
  ),
  'x-clearcut-warnings': header('A list of codes, each with its message: `resultEmpty;message="…"`.'),
};
