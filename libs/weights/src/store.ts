import { join } from 'node:path';

/** Where Clearcut kept files before they were named by their content; they are used where they lie. */
const formerNames: Readonly<Record<string, string>> = {
  b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb: 'isnet-general-use-fp16.onnx',
};

/** Where the file with this content goes. A models folder that is served by HTTP is a mirror for others. */
export const weightsPath = (sha256: string, modelsDir: string): string =>
  join(modelsDir, 'sha256', `${sha256}.onnx`);

/** Every place where the file with this content may lie. */
export const placesOf = (sha256: string, modelsDir: string): readonly string[] => {
  const former = formerNames[sha256];
  const place = weightsPath(sha256, modelsDir);
  return former === undefined ? [place] : [place, join(modelsDir, former)];
};
