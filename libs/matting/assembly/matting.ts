// The arithmetic of closed-form matting and foreground estimation, called by src/closed-form and src/foreground.ts.
export { configure, freeFrom } from './matting/field';
export { assemble } from './matting/laplacian';
export { normalise, split } from './matting/scaling';
export { amend, apply, applyWide } from './matting/operator';
export { backward, forward, upper } from './matting/stencil';
export { advance, combine, dot, largest } from './matting/vectors';
export { fitModes, prolong, restrict } from './matting/modes';
export { project } from './matting/projection';
export { factorise, solve } from './matting/cholesky';
export { projectWide } from './matting/wide-projection';
export { factoriseWide, solveWide } from './matting/wide-cholesky';
export { relax } from './matting/colours';
export {
  countTaken,
  sortAlphas,
  inherit,
  listTaken,
  markMixed,
  markNearest,
  markParents,
  surround,
} from './matting/layers';
