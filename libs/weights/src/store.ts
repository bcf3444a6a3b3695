import { join } from 'node:path';

/** Former names of files, from before files were named by their hash. Such files stay in place. */
const formerNames: Readonly<Record<string, string>> = {
  b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb: 'isnet-general-use-fp16.onnx',
};

/** The path of the file with this hash. A models folder served by HTTP is thus a mirror for others. */
export const weightsPath = (sha256: string, modelsDir: string): string =>
  join(modelsDir, 'sha256', `${sha256}.onnx`);

/** All possible paths of the file with this hash. */
export const placesOf = (sha256: string, modelsDir: string): readonly string[] => {
  const former = formerNames[sha256];
  const place = weightsPath(sha256, modelsDir);
  return former === undefined ? [place] : [place, join(modelsDir, former)];
};
