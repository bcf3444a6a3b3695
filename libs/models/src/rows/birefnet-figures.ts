import type { Figure } from '../model.js';

const readme = "BiRefNet's README";
const readmeAndCards = "BiRefNet's README and its cards on Hugging Face";
const card = 'card of BiRefNet_512x512 on Hugging Face';

/** For the large backbone at 1024 pixels, with any training data. */
export const largeFigures: readonly Figure[] = [
  {
    kind: 'speed',
    text: 'torch on an A100: 86.8 ms, 69.4 ms in half precision; the released ONNX graphs take 90 % longer, about 165 ms',
    source: readme,
  },
  { kind: 'speed', text: '5.03 s an image on a CPU', source: 'a third party, CPU not named' },
  { kind: 'memory', text: '4.8 GB of GPU memory, torch in full precision', source: readme },
  { kind: 'memory', text: '7.7 GB of main memory on a CPU', source: 'a third party, onnxruntime-node 1.26' },
];

const quality = (text: string, source = readme): Figure => ({ kind: 'quality', text, source });

export const generalQuality = quality('DIS-VD at 1024 pixels: S .911, weighted F .875');
export const codQuality = quality('CAMO S .904; COD10K S .913, MAE .014; NC4K S .914');
export const disQuality = quality('DIS-VD: S .898', "BiRefNet's paper");
export const massiveQuality = quality(
  'DIS-VD, after training on the training and test sets of DIS5K: S .907, weighted F .865',
);
export const mattingQuality = quality(
  'TE-P3M-500-NP: S .979, weighted F .988, largest F .996',
  readmeAndCards,
);
export const portraitQuality = quality(
  'P3M-500-P: S .983, weighted F .989, largest F .996, MAE .006',
  readmeAndCards,
);
export const liteQuality = quality('DIS-VD: S .882, weighted F .830');
export const hrQuality = quality('DIS-VD at 2048 pixels: S .927, weighted F .894');

export const smallFigures: readonly Figure[] = [
  quality(
    'DIS-VD at 512 pixels: S .888, weighted F .840, MAE .040; BiRefNet General at 512: .860, .789, .050',
    card,
  ),
  { kind: 'speed', text: '1.07 s an image on a CPU, against 5.03 s at 1024 pixels', source: 'a third party' },
];
