import { refinePresets, type Presets } from '#contract';
import { token } from '#nest';
import { z } from 'zod';

/** The options of an operator's preset stay private: an address in them may carry a secret. */
const PresetItem = z
  .strictObject({
    parameter: z
      .enum(['compose.preset', 'refine.preset'])
      .meta({ description: 'The parameter that takes it.' }),
    name: z.string().meta({ example: 'marketplace-white-2000' }),
    description: z
      .string()
      .optional()
      .meta({ description: 'What it is for. Left out where nobody wrote one.' }),
  })
  .meta({ id: 'Preset' });
type PresetItem = z.infer<typeof PresetItem>;

export const PresetList = z.strictObject({ data: z.array(PresetItem) }).meta({ id: 'PresetList' });
export type PresetList = z.infer<typeof PresetList>;

export const PRESET_LIST = token<PresetList>('preset list');

type Described = { readonly description?: string | undefined };

const itemsOf = (parameter: PresetItem['parameter'], presets: Iterable<readonly [string, Described]>) =>
  Array.from(presets, ([name, { description }]): PresetItem => {
    const item: PresetItem = { parameter, name };
    if (description !== undefined) item.description = description;
    return item;
  });

/** @param compose the built-in presets and those of the operator's file */
export const describePresets = (compose: Presets): PresetList => ({
  data: [...itemsOf('compose.preset', compose), ...itemsOf('refine.preset', Object.entries(refinePresets))],
});
