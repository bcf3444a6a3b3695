import type { Model } from '../model.js';
import { rmbg2Licence } from './licences.js';
import { rmbg2Graph, samplePrice } from './numbers.js';
import { fromRembg } from './places.js';

/** Networks of BRIA AI in the architecture of BiRefNet. */
export const briaModels: readonly Model[] = [
  {
    air: 'runware:110@1',
    slug: 'bria-rmbg-v2-0-open',
    name: 'Bria RMBG 2.0',
    goodAt: 'people, products and hair, for non-commercial use',
    variants: [
      {
        name: 'fp32',
        origin: 'RMBG-2.0 of BRIA AI, as mirrored by rembg; a mirror does not change the licence',
        sources: [fromRembg('bria-rmbg-2.0.onnx')],
        bytes: 1_024_331_469,
        sha256: '5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958',
        licence: rmbg2Licence,
        ...rmbg2Graph,
      },
    ],
    price: samplePrice,
    figures: [
      {
        kind: 'quality',
        text: '90 % of cutouts a success against 85 % of BiRefNet',
        source: "BRIA AI's own test, quoted in a survey: low trust",
      },
      {
        kind: 'memory',
        text: '7.7 GB of main memory on a CPU',
        source: 'a third party, onnxruntime-node 1.26',
      },
    ],
  },
];
