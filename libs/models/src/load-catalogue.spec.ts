import { describe, expect, it } from '@jest/globals';
import { catalogue, loadCatalogue, type Model } from './index.js';

const licence = { name: 'MIT', terms: 'Ours.', commercial: 'allowed' };
const channels = [0.5, 0.5, 0.5];
const variant = {
  name: 'fp32',
  origin: 'trained here',
  sources: ['weights/own.onnx'],
  licence,
  input: { name: 'x', type: 'float32', size: 512, mean: channels, std: channels },
  output: { name: 'y', type: 'float32', activation: 'sigmoid', normalise: 'none' },
  batch: 'dynamic',
};
const npm = { package: 'own@1.0.0', tarballBytes: 1, index: 'index.json', resource: '/own' };
const own = { air: 'acme:1@1', slug: 'own', name: 'Own', goodAt: 'shoes', variants: [variant], price: '0.0' };

const load = (json: unknown): ReadonlyMap<string, Model> =>
  loadCatalogue({
    text: typeof json === 'string' ? json : JSON.stringify(json),
    name: '/srv/models.json',
    url: 'file:///srv/models.json',
  });

describe('loadCatalogue', () => {
  it('returns the built-in catalogue when there is no file', () => {
    expect(loadCatalogue(undefined)).toBe(catalogue);
  });

  it('adds a row with a new AIR', () => {
    const models = load({ models: [own] });

    expect(models.size).toBe(catalogue.size + 1);
    expect(models.get('acme:1@1')).toMatchObject({ slug: 'own', figures: [] });
  });

  it('accepts sources relative to the file, file URLs and web URLs', () => {
    const sources = ['weights/own.onnx', 'file:///mnt/own.onnx', 'https://example.com/own.onnx'];
    const models = load({ models: [{ ...own, variants: [{ ...variant, sources }] }] });

    expect(models.get('acme:1@1')?.variants[0]?.sources).toEqual([
      'file:///srv/weights/own.onnx',
      'file:///mnt/own.onnx',
      'https://example.com/own.onnx',
    ]);
  });

  it('replaces a row of the same AIR in place', () => {
    const models = load({ models: [{ ...own, air: 'runware:112@1', slug: 'birefnet-v1-base' }] });

    expect([...models.keys()]).toEqual([...catalogue.keys()]);
    expect(models.get('runware:112@1')?.name).toBe('Own');
  });

  it('puts a preferred variant first', () => {
    const models = load({ prefer: { 'runware:112@1': 'dis-590' } });

    expect(models.get('runware:112@1')?.variants.map(({ name }) => name)).toEqual(['dis-590', 'general-244']);
  });

  it.each([
    [
      'with a name that would be left out',
      '{"prefer": {"__proto__": "general"}}',
      'prefer.__proto__: cannot be a name',
    ],
    ['that is not JSON', '{', 'The models file /srv/models.json is not JSON: '],
    [
      'that is a list',
      [],
      'The models file /srv/models.json is not usable: its top level: must be an object',
    ],
    ['with an AIR that is none', { models: [{ ...own, air: 'own' }] }, 'models[0].air: must be an AIR id'],
    [
      'with a wrong number deep inside',
      { models: [{ ...own, variants: [{ ...variant, input: { ...variant.input, size: -1 } }] }] },
      'models[0].variants[0].input.size: ',
    ],
    ['with an unknown field', { models: [{ ...own, prize: '1' }] }, 'models[0]: knows no field "prize"'],
    ['with an unknown field beside the models', { modles: [] }, 'its top level: knows no field "modles"'],
    [
      'with a source of another protocol',
      { models: [{ ...own, variants: [{ ...variant, sources: ['ftp://example.com/own.onnx'] }] }] },
      'models[0].variants[0].sources[0]: must be a URL that starts with https://',
    ],
    [
      'with a source that names no file',
      { models: [{ ...own, variants: [{ ...variant, sources: ['', '.'] }] }] },
      'models[0].variants[0].sources[0]: must be a URL that starts with https://',
    ],
    [
      'with a deviation that pixels cannot be divided by',
      { models: [{ ...own, variants: [{ ...variant, input: { ...variant.input, std: [0, 1, 1] } }] }] },
      'models[0].variants[0].input.std[0]: ',
    ],
    [
      'with a price that nobody could book',
      { models: [{ ...own, price: '0.0000009' }] },
      'models[0].price: must be decimal text such as "0.0006", of six digits behind the point at most',
    ],
    ['with an AIR twice', { models: [own, own] }, 'models: the AIR acme:1@1 occurs twice'],
    [
      'with a slug that is taken',
      { models: [{ ...own, slug: 'ben2-base' }] },
      'the slug ben2-base occurs twice',
    ],
    [
      'with variants of one name',
      { models: [{ ...own, variants: [variant, variant] }] },
      'models[0].variants: must have different names',
    ],
    [
      'with a file of npm without a size',
      { models: [{ ...own, variants: [{ ...variant, sources: [npm] }] }] },
      'models[0].variants[0].bytes: must be there for a file that npm fetches',
    ],
    ['that prefers by a slug', { prefer: { own: 'x' } }, 'prefer.own: must be an AIR id'],
    [
      'that prefers an unknown model',
      { prefer: { 'acme:9@9': 'x' } },
      'prefer["acme:9@9"]: there is no such model',
    ],
    [
      'that prefers an unknown variant',
      { prefer: { 'runware:112@1': 'x' } },
      'prefer["runware:112@1"]: must be one of general-244, dis-590',
    ],
  ])('refuses a file %s, naming it and the field', (_, json, message) => {
    expect(() => load(json)).toThrow(message);
    expect(() => load(json)).toThrow('/srv/models.json');
  });

  it('names every fault at once', () => {
    expect(() => load({ models: [{ ...own, air: 'own', price: 'free' }] })).toThrow(
      /models\[0\]\.air: .*; models\[0\]\.price: /,
    );
  });
});
