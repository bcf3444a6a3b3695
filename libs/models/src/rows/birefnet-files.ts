import type { Variant } from '../variant.js';
import { birefnetLicence } from './licences.js';
import { birefnetGraph } from './numbers.js';
import { fromBirefnet, fromHuggingFace, fromRembg } from './places.js';

/** The published size of most files is only "about 973 MB". */
const releaseBytes = { approximateBytes: 973_000_000 };

type Published = Pick<Variant, 'sha256'> & Partial<Pick<Variant, 'bytes' | 'approximateBytes' | 'md5'>>;

/** A file of BiRefNet's release v1. rembg's release also has those that it uses. */
const released = (file: string, published: Published, size = 1024): Variant => ({
  name: 'fp32',
  origin: `${file} of BiRefNet's release v1`,
  sources: published.md5 ? [fromBirefnet(file), fromRembg(file)] : [fromBirefnet(file)],
  ...published,
  licence: birefnetLicence,
  ...birefnetGraph(size),
});

export const general = released('BiRefNet-general-epoch_244.onnx', {
  bytes: 972_666_916,
  md5: '7a35a0141cbbc80de11d9c9a28f52697',
  sha256: '58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c',
});

export const dis = released('BiRefNet-DIS-epoch_590.onnx', {
  ...releaseBytes,
  md5: '2d4d44102b446f33a4ebb2e56c051f2b',
  sha256: '6470117bac6f8d82a3f62921056f52d0f5c4d36d1d832096331d5ea38a03acb5',
});

export const cod = released('BiRefNet-COD-epoch_125.onnx', {
  ...releaseBytes,
  md5: 'f6d0d21ca89d287f17e7afe9f5fd3b45',
  sha256: '91ec48f566db475cf6e4caa7e9cd997f352edfcc372372f437e2fbefc1557b13',
});

export const small = released(
  'BiRefNet-general-resolution_512x512-fp16-epoch_216.onnx',
  { bytes: 940_526_436, sha256: '18b64a270d3abe7d36e665500c3f24136bcaf7616771b4cb21c6e8c57fec7237' },
  512,
);

export const smallHalf: Variant = {
  ...small,
  name: 'fp16',
  origin: 'the same network with weights in half precision, as converted by onnx-community',
  sources: [fromHuggingFace('onnx-community/BiRefNet_512x512-ONNX', 'onnx/model_fp16.onnx')],
  bytes: 473_498_113,
  sha256: '1b254749feb1edf83667a4c9da710cc1962a1980b8d0b2f4432100278c9ac0af',
};

export const hrsod = released('BiRefNet-HRSOD_DHU-epoch_115.onnx', {
  ...releaseBytes,
  md5: 'c017ade5de8a50ff0fd74d790d268dda',
  sha256: '4f5837663194fb88f603b76782eae05a3c29f5749872ca1bfb636bd26e7f6bfc',
});

export const massive = released('BiRefNet-massive-TR_DIS5K_TR_TEs-epoch_420.onnx', {
  ...releaseBytes,
  md5: '33e726a2136a3d59eb0fdf613e31e3e9',
  sha256: 'a94814cac438a31f95287811882628644a04b22d313ef3071d2ba904b5f627b8',
});

export const matting = released('BiRefNet-matting-epoch_100.onnx', {
  bytes: 972_667_742,
  sha256: '6065d27c615ea27308f5b88598dd8db116eb07436c7a323ca40d13b2866c309e',
});

export const portrait = released('BiRefNet-portrait-epoch_150.onnx', {
  bytes: 972_666_916,
  md5: 'c3a64a6abf20250d090cd055f12a3b67',
  sha256: '1ba1c8ff5a7bbfadc8d8d13fb11d7be793f91f23d9d466549e37a854f6668f99',
});
