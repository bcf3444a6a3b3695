import type { NpmSource } from '../variant.js';

// Addresses of published files.

const birefnetRelease = 'https://github.com/ZhengPeng7/BiRefNet/releases/download/v1/';
const rembgRelease = 'https://github.com/danielgatis/rembg/releases/download/v0.0.0/';

export const fromBirefnet = (file: string): string => `${birefnetRelease}${file}`;
export const fromRembg = (file: string): string => `${rembgRelease}${file}`;
export const fromHuggingFace = (repository: string, file: string, revision = 'main'): string =>
  `https://huggingface.co/${repository}/resolve/${revision}/${file}`;

/** IMG.LY's package of ISNet weights. */
export const fromImgly = (resource: string): NpmSource => ({
  package: '@imgly/background-removal-data@1.4.5',
  tarballBytes: 136_455_985,
  index: 'dist/resources.json',
  resource,
});
