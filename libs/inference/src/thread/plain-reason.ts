import { reasonOf } from '#errors';

/** Messages of the loader, CUDA and its libraries, and our wording. The first match counts. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/(libcuda\.so\.\d+): cannot open shared object file.*/s, '$1, a library of the NVIDIA driver, is missing'],
  [/(\S+\.so(?:\.\d+)*): cannot open shared object file.*/s, '$1 is missing'],
  // onnxruntime puts its source positions around the message.
  [/.*?\b(CUDA|CUDNN|CUBLAS|CURAND|CUFFT) failure (\d+): (.+?) ; GPU=.*/s, '$1 reports "$3" ($2)'],
];

/** Why a device does not work, on one line that an operator can act on. */
export const plainReason = (error: unknown): string => {
  const message = reasonOf(error);
  const [pattern, words] = wordings.find(([wording]) => wording.test(message)) ?? [/\s+/g, ' '];
  return message.replace(pattern, words).trim();
};
