import { describe, expect, it } from '@jest/globals';
import { catalogue, findModel, Model } from './index.js';

/** The models of Runware's page, by AIR id, with their slugs. */
const page = {
  'runware:109@1': 'rembg-v1-4',
  'runware:110@1': 'bria-rmbg-v2-0-open',
  'runware:112@1': 'birefnet-v1-base',
  'runware:112@2': 'birefnet-v1-base-cod',
  'runware:112@3': 'birefnet-dis',
  'runware:112@5': 'birefnet-general',
  'runware:112@6': 'birefnet-general-resolution-512x512-fp16',
  'runware:112@7': 'birefnet-hrsod-dhu',
  'runware:112@8': 'birefnet-massive-tr-dis5k-tr-tes',
  'runware:112@9': 'birefnet-matting',
  'runware:112@10': 'birefnet-portrait',
};

const models = [...catalogue.values()];
const variants = models.flatMap((model) => model.variants.map((variant) => ({ model, variant })));

describe('the catalogue', () => {
  it.each(models.map((model) => [model.air, model] as const))(
    'has a row for %s that the schema takes',
    (_, row) => {
      expect(Model.parse(row)).toEqual(row);
    },
  );

  it('has every model of the API page under its AIR and slug', () => {
    for (const [air, slug] of Object.entries(page)) {
      expect(catalogue.get(air)).toMatchObject({ air, slug });
      expect(findModel(catalogue, slug)?.air).toBe(air);
    }
  });

  it('has no other row under the prefix of the API page', () => {
    const airs = [...catalogue.keys()].filter((air) => air.startsWith('runware:'));

    expect(airs).toEqual(Object.keys(page));
  });

  it('names each model once', () => {
    expect(new Set(models.map(({ slug }) => slug)).size).toBe(models.length);
  });

  it('has a hash of every file, and the same size for equal files', () => {
    const bytes = new Map<string, number | undefined>();
    for (const { variant } of variants) {
      const hash = variant.sha256 ?? '';
      expect(hash).toHaveLength(64);
      expect(bytes.get(hash) ?? variant.bytes).toBe(variant.bytes);
      bytes.set(hash, variant.bytes);
    }
  });

  it('requires an agreement wherever the publisher does', () => {
    const asked = variants.filter(({ variant }) => variant.licence.commercial === 'agreement');

    expect(asked.map(({ model, variant }) => `${model.air} ${variant.name}`)).toEqual([
      'runware:109@1 rmbg-1.4',
      'runware:110@1 fp32',
    ]);
  });

  it('runs the network of BiRefNet General as BiRefNet v1 Base', () => {
    const [base, general] = ['runware:112@1', 'runware:112@5'].map((air) => catalogue.get(air)?.variants[0]);

    expect(base?.sha256).toBe(general?.sha256);
  });
});
