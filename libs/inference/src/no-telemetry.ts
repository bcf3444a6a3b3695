/**
 * onnxruntime sends its use, with the names of models and graphs, to its maker, and keeps a device id in the
 * user's cache folder, unless this variable is set before its library starts. The library reads the environment of
 * the process, of which a worker thread has only a copy: so the main thread imports this, before it starts one.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
