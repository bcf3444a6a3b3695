// Tests run as they were compiled: what is tested is what is shipped. The one transform is for a package that a
// CommonJS dependency (@fastify/static) requires although it is an ES module, which Jest on Node 20 cannot.
const requiredEsm = 'content-disposition';
const base = {
  rootDir: 'dist',
  transform: { [`/node_modules/${requiredEsm}/.+\\.js$`]: '<rootDir>/../tools/esm-to-cjs.cjs' },
  transformIgnorePatterns: [`/node_modules/(?!${requiredEsm}/)`],
};

export default {
  rootDir: 'dist',
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  reporters: ['default', '<rootDir>/../tools/compatibility-reporter.mjs'],
  maxWorkers: 2,
  testTimeout: 30_000,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs,bench}/**/*.spec.js'] },
    { ...base, displayName: 'service', testMatch: ['<rootDir>/test/**/*.spec.js'] },
  ],
};
