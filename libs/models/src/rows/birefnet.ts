import type { Figure, Model } from '../model.js';
import {
  codQuality,
  disQuality,
  generalQuality,
  largeFigures,
  massiveQuality,
  mattingQuality,
  portraitQuality,
  smallFigures,
} from './birefnet-figures.js';
import { cod, dis, general, hrsod, massive, matting, portrait, small, smallHalf } from './birefnet-files.js';
import { samplePrice } from './numbers.js';

type Named = Pick<Model, 'slug' | 'name' | 'goodAt'>;

const row = (
  version: number,
  named: Named,
  variants: Model['variants'],
  figures: readonly Figure[],
): Model => ({
  air: `runware:112@${version}`,
  ...named,
  variants,
  price: samplePrice,
  figures,
});

const large = (quality?: Figure): readonly Figure[] => [...(quality ? [quality] : []), ...largeFigures];

/** The networks of BiRefNet's release v1. The source of these ids has no 112@4 either. */
export const birefnetModels: readonly Model[] = [
  row(
    1,
    {
      slug: 'birefnet-v1-base',
      name: 'BiRefNet v1 Base',
      goodAt:
        'anything; an alias: no file of that name is published, so it runs that of BiRefNet General (runware:112@5), or the weights of the paper as variant dis-590',
    },
    [
      { ...general, name: 'general-244' },
      { ...dis, name: 'dis-590' },
    ],
    large(generalQuality),
  ),
  row(
    2,
    {
      slug: 'birefnet-v1-base-cod',
      name: 'BiRefNet v1 Base - COD',
      goodAt: 'subjects that hide: camouflage, low contrast',
    },
    [cod],
    large(codQuality),
  ),
  row(
    3,
    {
      slug: 'birefnet-dis',
      name: 'BiRefNet Dis',
      goodAt: 'fine structures such as wires, fences and lace',
    },
    [dis],
    large(disQuality),
  ),
  row(
    5,
    {
      slug: 'birefnet-general',
      name: 'BiRefNet General',
      goodAt: 'anything: the first to try where quality counts',
    },
    [general],
    large(generalQuality),
  ),
  row(
    6,
    {
      slug: 'birefnet-general-resolution-512x512-fp16',
      name: 'BiRefNet General Resolution 512x512 FP16',
      goodAt: 'throughput: anything, at a quarter of the pixels',
    },
    [small, smallHalf],
    smallFigures,
  ),
  row(
    7,
    {
      slug: 'birefnet-hrsod-dhu',
      name: 'BiRefNet HRSOD DHU',
      goodAt: 'the most striking object of a large photo',
    },
    [hrsod],
    large(),
  ),
  row(
    8,
    {
      slug: 'birefnet-massive-tr-dis5k-tr-tes',
      name: 'BiRefNet Massive TR DIS5K TR TES',
      goodAt: 'anything; its training took in the test sets of DIS5K',
    },
    [massive],
    large(massiveQuality),
  ),
  row(
    9,
    {
      slug: 'birefnet-matting',
      name: 'BiRefNet Matting',
      goodAt: 'hair, fur and other edges that are half transparent',
    },
    [matting],
    large(mattingQuality),
  ),
  row(
    10,
    { slug: 'birefnet-portrait', name: 'BiRefNet Portrait', goodAt: 'portraits' },
    [portrait],
    large(portraitQuality),
  ),
];
