// Jest cannot require() an ES module on Node 20; this turns the few that CommonJS packages require into CommonJS.
const ts = require('typescript');

module.exports = {
  process: (source) => ({
    code: ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: 'es2023' },
    }).outputText,
  }),
};
