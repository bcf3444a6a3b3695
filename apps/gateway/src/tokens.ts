/** Under this token Nest hands the {@link Edges} to controllers. */
export const EDGES = Symbol('edges');
