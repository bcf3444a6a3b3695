import { builtInPresets, loadPresets, type Presets } from '#contract';
import type { Config } from './read-config.js';
import { readFileOf } from './read-file.js';

/**
 * The presets of this installation: the built-in ones and those of COMPOSE_PRESETS_FILE.
 * @throws ConfigError when the file cannot be read, PresetsError when its content is invalid
 */
export const readPresets = async ({
  COMPOSE_PRESETS_FILE: path,
}: Pick<Config, 'COMPOSE_PRESETS_FILE'>): Promise<Presets> =>
  path === undefined
    ? builtInPresets
    : loadPresets({ text: await readFileOf(path, 'presets file'), name: path });
