import vm from 'node:vm';

// @fastify/static requires this package, which is an ES module. Jest can do that where Node evaluates modules in
// one step (Node 24 and later); before, the package is made CommonJS. Jest asks for the same method.
const requiredEsm = 'content-disposition';
const canRequireEsm = typeof vm.SourceTextModule?.prototype.hasAsyncGraph === 'function';
const transforms = canRequireEsm
  ? { transform: {} }
  : {
      transform: { [`/node_modules/${requiredEsm}/.+\\.js$`]: '<rootDir>/../tools/esm-to-cjs.cjs' },
      transformIgnorePatterns: [`/node_modules/(?!${requiredEsm}/)`],
    };
// Tests run as they were compiled: what is tested is what is shipped.
const base = { rootDir: 'dist', ...transforms };

export default {
  rootDir: 'dist',
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  reporters: ['default', '<rootDir>/../tools/compatibility-reporter.mjs'],
  maxWorkers: 2,
  // Jest keeps some 20 MB of each file that it ran. After 160 files, a worker without this limit runs out of memory.
  workerIdleMemoryLimit: '1.5GB',
  // A limit means a hang, also on a machine that has much else to do.
  testTimeout: 120_000,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs,bench}/**/*.spec.js'] },
    { ...base, displayName: 'service', testMatch: ['<rootDir>/test/**/*.spec.js'] },
  ],
};
