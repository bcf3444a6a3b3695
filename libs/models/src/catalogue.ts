import type { Model } from './model.js';

/**
 * ISNet general-use behind RemBG 1.4: its pipeline is rembg's, and its own weights are unpublished.
 * Size and hash as published; licence lines as the publishers state them.
 */
const rembg14: Model = {
  air: 'runware:109@1',
  slug: 'rembg-v1-4',
  name: 'RemBG 1.4',
  weights: {
    file: 'isnet-general-use-fp16.onnx',
    bytes: 88_188_479,
    sha256: 'b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb',
    npm: {
      package: '@imgly/background-removal-data@1.4.5',
      tarballBytes: 136_455_985,
      index: 'dist/resources.json',
      resource: '/models/medium',
    },
    origin: 'ISNet general-use (DIS, Qin et al., ECCV 2022) in half precision, as packaged by IMG.LY',
    licence:
      'code Apache-2.0, training data DIS5K for non-commercial research: check that your use is covered',
  },
  input: { name: 'input', size: 1024, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] },
  output: { name: 'output' },
  price: '0.0006',
};

/** Every model that the service knows, by AIR id. */
export const catalogue: Catalogue = new Map([[rembg14.air, rembg14]]);

export type Catalogue = ReadonlyMap<string, Model>;
export const defaultModel = rembg14;
