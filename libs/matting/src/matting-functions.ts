/** An address in the kernel's memory, in bytes. */
export type Address = number;

/** The functions of assembly/matting.ts, which documents them. */
export type MattingFunctions = {
  freeFrom: () => Address;
  configure: (planes: Address, planeBytes: number, runs: Address, count: number) => void;
  assemble: (centres: Address, count: number, colours: Address, diagonal: Address) => void;
  amend: (samples: Address, lacks: Address, count: number) => void;
  normalise: (scale: Address, known: Address) => void;
  split: (samples: number, spare: Address) => void;
  apply: (x: Address, y: Address) => number;
  applyWide: (x: Address, y: Address) => void;
  forward: (r: Address, x: Address) => void;
  upper: (x: Address, y: Address) => void;
  backward: (r: Address, x: Address) => void;
  advance: (
    ...all: [alpha: number, p: Address, q: Address, x: Address, r: Address, narrow: Address, samples: number]
  ) => number;
  combine: (z: Address, beta: number, p: Address, samples: number) => void;
  largest: (z: Address, scale: Address, samples: number) => number;
  dot: (x: Address, y: Address, samples: number) => number;
  fitModes: (
    ...all: [
      squares: number,
      starts: Address,
      members: Address,
      colours: Address,
      scales: Address,
      modes: Address,
      packed: Address,
      places: Address,
      blocks: Address,
    ]
  ) => void;
  project: (
    ...all: [
      modes: Address,
      squareOf: Address,
      size: number,
      around: Address,
      places: Address,
      blocks: Address,
    ]
  ) => void;
  restrict: (
    ...all: [squares: number, starts: Address, members: Address, packed: Address, r: Address, coarse: Address]
  ) => void;
  prolong: (
    ...all: [squares: number, starts: Address, members: Address, packed: Address, coarse: Address, x: Address]
  ) => void;
  factorise: (from: number, to: number, starts: Address, rows: Address, blocks: Address) => number;
  solve: (columns: number, starts: Address, rows: Address, blocks: Address, v: Address) => void;
  projectWide: MattingFunctions['project'];
  factoriseWide: (
    ...all: [from: number, to: number, starts: Address, rows: Address, blocks: Address, signs: Address]
  ) => void;
  solveWide: (
    ...all: [
      columns: number,
      starts: Address,
      rows: Address,
      blocks: Address,
      signs: Address,
      wide: Address,
      v: Address,
    ]
  ) => void;
  sortAlphas: (alphas: Address, count: number, visible: number, solid: number, kinds: Address) => void;
  markMixed: (
    ...all: [
      kinds: Address,
      fullWidth: number,
      columns: Address,
      rows: Address,
      taken: Address,
      width: number,
      height: number,
    ]
  ) => void;
  markNearest: (
    ...all: [
      kinds: Address,
      fullWidth: number,
      fullHeight: number,
      columns: Address,
      rows: Address,
      taken: Address,
      width: number,
    ]
  ) => void;
  markParents: (finer: Address, columns: Address, rows: Address, taken: Address, width: number) => void;
  countTaken: (taken: Address, size: number) => number;
  listTaken: (taken: Address, layer: Address) => void;
  surround: (layer: Address, around: Address) => void;
  inherit: (
    ...all: [
      layer: Address,
      parent: Address,
      columns: Address,
      rows: Address,
      fromFore: Address,
      fromBack: Address,
      fore: Address,
      back: Address,
    ]
  ) => void;
  relax: (
    ...all: [
      pixels: number,
      sweeps: number,
      around: Address,
      alphas: Address,
      photo: Address,
      fore: Address,
      back: Address,
    ]
  ) => void;
};
