/** A network's output for a disc with a soft edge. The cost of later stages depends on the mask. */
export const softDisc = (size: number): Float32Array<ArrayBuffer> => {
  const mask = new Float32Array(size * size);
  for (let i = 0; i < mask.length; i++) {
    const radius = Math.hypot((i % size) - size / 2, Math.floor(i / size) - size / 2);
    mask[i] = Math.min(1, Math.max(0, 0.5 + (size / 3 - radius) / 8));
  }
  return mask;
};
