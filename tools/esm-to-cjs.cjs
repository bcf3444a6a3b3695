// Jest cannot require() ES modules on Node 20, so this turns those that CommonJS packages require into CommonJS.
const ts = require('typescript');

module.exports = {
  process: (source) => ({
    code: ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: 'es2023' },
    }).outputText,
  }),
};
