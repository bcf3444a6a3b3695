import type { Model } from '../model.js';
import { hrQuality, liteQuality } from './birefnet-figures.js';
import { ben2Licence, birefnetLicence } from './licences.js';
import { ben2Graph, birefnetCudaGraph, birefnetGraph, samplePrice } from './numbers.js';
import { fromBirefnet, fromHuggingFace, fromRembg } from './places.js';

const lite = 'BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx';

const liteModel: Model = {
  air: 'clearcut:2@1',
  slug: 'birefnet-general-lite',
  name: 'BiRefNet General Lite',
  goodAt: 'anything, with a small backbone: a quarter of the download, and less memory',
  variants: [
    {
      name: 'fp32',
      origin: `${lite} of BiRefNet's release v1`,
      sources: [fromBirefnet(lite), fromRembg(lite)],
      bytes: 224_005_088,
      md5: '4fab47adc4ff364be1713e97b7e66334',
      sha256: '5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333',
      licence: birefnetLicence,
      ...birefnetGraph(1024),
    },
  ],
  price: samplePrice,
  figures: [
    liteQuality,
    { kind: 'speed', text: 'the released ONNX graph on an A100: about 93.8 ms', source: "BiRefNet's README" },
  ],
};

const hrModel: Model = {
  air: 'clearcut:3@1',
  slug: 'birefnet-hr-general',
  name: 'BiRefNet HR General',
  goodAt: 'large photos with fine detail: works at 2048 pixels, slowly and with much memory',
  variants: [
    {
      name: 'fp32',
      origin: "BiRefNet_HR-general-epoch_130.onnx of BiRefNet's release v1",
      sources: [fromBirefnet('BiRefNet_HR-general-epoch_130.onnx')],
      bytes: 1_098_928_953,
      sha256: 'db0217e99b25e0c4f6f4dca2892ff1f7ea7aba38fb6ad84f93122a4024be536a',
      licence: birefnetLicence,
      ...birefnetGraph(2048),
    },
  ],
  price: samplePrice,
  figures: [hrQuality],
};

const dynamicModel: Model = {
  air: 'clearcut:4@1',
  slug: 'birefnet-dynamic',
  name: 'BiRefNet Dynamic',
  goodAt: 'throughput on a GPU: half precision and several images a run; for CUDA only',
  variants: [
    {
      name: 'fp16-cuda',
      origin: 'BiRefNet_dynamic at 1024 pixels, as exported by onnx-community with native DeformConv',
      sources: [
        fromHuggingFace(
          'onnx-community/BiRefNet_dynamic-1024x1024-ONNX-CUDA',
          'onnx/model.onnx',
          '5e8a5a4aa9b0e0342a22ef6e47e456dd4fd9c4b9',
        ),
      ],
      sha256: '1fefe02158d58b32d589cc4bdd7c2be938cd49171316e4a6ed5da485ccf39b19',
      licence: birefnetLicence,
      ...birefnetCudaGraph,
    },
  ],
  price: samplePrice,
  figures: [
    {
      kind: 'speed',
      text: 'an export of this kind: 128 ms with the CUDA provider, against 86.5 ms in torch and 26 ms in TensorRT',
      source: 'pull request 167 of BiRefNet, GPU not named',
    },
  ],
};

const ben2Model: Model = {
  air: 'clearcut:5@1',
  slug: 'ben2-base',
  name: 'BEN2 Base',
  goodAt: 'hair and fine edges; small, and free for commercial use',
  variants: [
    {
      name: 'fp32',
      origin: 'BEN2_Base.onnx of Prama LLC',
      sources: [fromRembg('BEN2_Base.onnx'), fromHuggingFace('PramaLLC/BEN2', 'BEN2_Base.onnx')],
      bytes: 222_932_053,
      sha256: '22cea62108ff53b7ccc20f7a008bf30494228d84b1687f29ecbe76936a998101',
      licence: ben2Licence,
      ...ben2Graph,
    },
  ],
  price: samplePrice,
  figures: [
    { kind: 'quality', text: 'DIS5K: MAE .0244, S .937', source: 'card of moonbox-dev on Hugging Face' },
    { kind: 'memory', text: '4 GB of main memory on a CPU', source: 'a third party, onnxruntime-node 1.26' },
  ],
};

/** Models that Runware does not list, under our own AIR ids. */
export const extraModels: readonly Model[] = [liteModel, hrModel, dynamicModel, ben2Model];
