/** How the loader, CUDA and the libraries upon it say what is wrong, and how we do. First match counts. */
const sayings: readonly (readonly [RegExp, string])[] = [
  [/(libcuda\.so\.\d+): cannot open shared object file.*/s, '$1, a library of the NVIDIA driver, is missing'],
  [/(\S+\.so(?:\.\d+)*): cannot open shared object file.*/s, '$1 is missing'],
  // onnxruntime puts the places in its source around it.
  [/.*?\b(CUDA|CUDNN|CUBLAS|CURAND|CUFFT) failure (\d+): (.+?) ; GPU=.*/s, '$1 reports "$3" ($2)'],
];

/** What a device was refused for, on one line and in words that an operator can act upon. */
export const plainReason = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const [pattern, words] = sayings.find(([saying]) => saying.test(message)) ?? [/\s+/g, ' '];
  return message.replace(pattern, words).trim();
};
