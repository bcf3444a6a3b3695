/**
 * The migrations before the first release. No program ran during those. Later ones only add, or declare since
 * which release the removed parts are unused.
 */
export const baseline: readonly string[] = [
  '20261122160000_tasks',
  '20261122180000_wire',
  '20261122190000_sessions',
  '20261122191500_secrets',
  '20261122200000_models',
  '20261122203000_finishing',
  '20261122210000_trace',
];
