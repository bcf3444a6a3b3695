/**
 * Keeps onnxruntime from sending usage data with the names of models and graphs to its maker, and from storing a
 * device id in the user's cache folder. Its library reads the environment of the process when it starts. A worker
 * thread has only a copy of that, so the main thread imports this file before it starts one.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
