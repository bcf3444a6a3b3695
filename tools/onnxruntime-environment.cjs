// onnxruntime's add-on makes its outputs of the main realm's typed arrays and compares them with the test's, so a
// test that calls it in its own thread gets those of the main realm. Named by the docblock of such a test.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, { Float32Array, Uint16Array, Uint8Array });
  }
};
