/**
 * Errors of CUDA after which every call of the process fails. Only a new process can use the device again.
 * Source: the descriptions of cudaError_t in CUDA's Runtime API, "the process must be terminated and relaunched".
 */
const lost =
  /illegal memory access|misaligned address|illegal instruction|unspecified launch failure|launch timed out|invalid program counter|device-side assert|hardware stack error|uncorrectable (ECC|NVLink) error/i;

/** @param reason the message of onnxruntime or CUDA */
export const isDeviceLost = (reason: string | undefined): boolean =>
  reason !== undefined && lost.test(reason);
