// onnxruntime's add-on checks for typed arrays of the main realm, so tests that call it in their own thread get that
// realm's classes. Such tests name this file in their docblock.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, { Float32Array, Uint16Array, Uint8Array });
  }
};
