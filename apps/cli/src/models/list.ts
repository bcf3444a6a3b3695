import type { Licence, Variant } from '#models';
import { listWeights, placeNames, strayWeights, type Entry } from '#weights';
import { readArguments, table, type Command } from '../command.js';
import { type World } from './command.js';

const usage = `Usage: npx clearcut models list [--json]

Lists the files of all models: whether they are installed, their size, licence and source. models pull
downloads the first file of a model unless you name another.
`;

const commercialUse: { readonly [C in Licence['commercial']]: string } = {
  allowed: 'yes',
  agreement: 'by agreement only',
  judge: 'yes; training data: you judge',
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const sizeOf = ({ bytes, approximateBytes }: Variant): string => {
  if (bytes !== undefined) return megabytes(bytes);
  return approximateBytes === undefined ? 'unknown' : `about ${megabytes(approximateBytes)}`;
};

const hostOf = (place: string): string => (URL.canParse(place) ? new URL(place).host || 'this disk' : 'npm');

const toRow = ({ model, variant, installed }: Entry, mirror: string | undefined): string[] => [
  model.air,
  model.slug,
  variant.name,
  sizeOf(variant),
  installed ? 'yes' : '-',
  variant.licence.name,
  commercialUse[variant.licence.commercial],
  [...new Set(placeNames(variant, mirror).map(hostOf))].join(', '),
];

const toItem = ({ model, variant, installed }: Entry, mirror: string | undefined) => ({
  air: model.air,
  slug: model.slug,
  name: model.name,
  variant: variant.name,
  bytes: variant.bytes ?? null,
  approximateBytes: variant.approximateBytes ?? null,
  sha256: installed?.sha256 ?? variant.sha256 ?? null,
  licence: variant.licence,
  from: placeNames(variant, mirror),
  installed: installed?.path ?? null,
});

const head = ['AIR', 'SLUG', 'FILE', 'SIZE', 'INSTALLED', 'LICENCE', 'COMMERCIAL USE', 'FROM'];

export const list: Command<World> = {
  usage,
  run: async ({ config, catalogue, progress, print, signal }, args) => {
    const { values } = readArguments(args, { json: { type: 'boolean' } }, usage);
    const mirror = config.MODELS_MIRROR;
    const entries = await listWeights(catalogue, {
      modelsDir: config.MODELS_DIR,
      note: progress.note,
      signal,
    });
    for (const path of await strayWeights(catalogue, config.MODELS_DIR))
      progress.note(`${path} belongs to no model: delete it unless another MODELS_FILE names it.`);
    if (values.json) {
      return print(
        `${JSON.stringify(
          entries.map((entry) => toItem(entry, mirror)),
          undefined,
          2,
        )}\n`,
      );
    }
    print(table([head, ...entries.map((entry) => toRow(entry, mirror))]));
  },
};
