/**
 * Why the device can be used no more by this process. A `run` may have caused it by its own images, as it was the one
 * at the device. A `machine` fault came from the card, its driver or its cables.
 */
export type DeviceLoss = 'run' | 'machine';

/** An image that was not run, since the run before it lost the device. */
export const NOT_RUN = 'the device was lost before this image ran';

/** @param ms how long the device has said nothing */
export const noAnswer = (ms: number): string => `the device has not answered for ${ms / 1000} s`;

/** Errors that only the card, its driver or a bus can cause. The codes are those of cudaError_t. */
const machineFaults = [
  NOT_RUN,
  'uncorrectable (ECC|NVLink) error',
  'NVLink error',
  'GPU is lost',
  'fallen off the bus',
  'GPU requires reset',
  'no CUDA-capable device',
  'is/are busy or unavailable',
  'all CUDA-capable devices are busy',
  'driver shutting down',
  'cudaError(EccUncorrectable|NvlinkUncorrectable|Contained|MpsClientTerminated)\\b',
  'CUDA (failure|error) (4|46|100|101|214|220|226|802|80[5-7]|810)\\b',
];

/**
 * Sticky errors: the context is destroyed, and each later call fails as well. Sources: the descriptions of cudaError_t
 * in CUDA's Runtime API ("the process must be terminated and relaunched"); cuBLAS and cuDNN report a kernel that failed
 * as EXECUTION_FAILED, and a destroyed context as INTERNAL_ERROR, MAPPING_ERROR or NOT_INITIALIZED. What follows
 * INTERNAL_ERROR in cuDNN 9, such as _DEVICE_ALLOCATION_FAILED, passes. So do 701, too many resources for a launch, and
 * 711 to 713, which peers and registered memory cause. A handle that cannot be created usually lacks memory.
 */
const runFaults = [
  'illegal (memory access|instruction)',
  'illegal address',
  'misaligned address',
  'unspecified launch failure',
  'launch (timed out|failure)',
  'invalid (program counter|address space)',
  'device-side assert',
  'hardware stack error',
  'has not answered for',
  'context is destroyed',
  'cudaError(IllegalAddress|LaunchFailure|LaunchTimeout|MisalignedAddress|IllegalInstruction|InvalidPc|Assert|Unknown)\\b',
  'cudaError(ContextIsDestroyed|TensorMemoryLeak)\\b',
  'CU(BLAS|DNN)_STATUS_(EXECUTION_FAILED|INTERNAL_ERROR\\b|MAPPING_ERROR)',
  'CU(BLAS|DNN)_STATUS_NOT_INITIALIZED(?!.* expr=cu(blas|dnn)Create)',
  'CUDA (failure|error) (700|702|709|710|71[4-9]|721|999)\\b',
];

const pattern = (wordings: readonly string[]) => new RegExp(wordings.join('|'), 'i');
const machine = pattern(machineFaults);
const run = pattern(runFaults);

/**
 * Whether an error means that only a new process can use the device again.
 *
 * @param reason the message of onnxruntime, CUDA or this library
 */
export const deviceLossOf = (reason: string | undefined): DeviceLoss | undefined => {
  if (reason === undefined) return undefined;
  if (machine.test(reason)) return 'machine';
  return run.test(reason) ? 'run' : undefined;
};
