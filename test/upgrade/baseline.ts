/**
 * The migrations before the first release, which no program ran beside. What comes after them only adds, or says
 * since which release nobody uses what it takes away.
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
