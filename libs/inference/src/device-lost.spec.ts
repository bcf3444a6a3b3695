import { describe, expect, it } from '@jest/globals';
import { deviceLossOf, NOT_RUN, noAnswer } from './device-lost.js';

describe('deviceLossOf', () => {
  it.each([
    'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; file=gpu_data_transfer.cc ; line=91',
    'CUDA error cudaErrorIllegalAddress:an illegal memory access was encountered',
    'CUDA failure 702: the launch timed out and was terminated ; GPU=0',
    'CUDA failure 710: device-side assert triggered ; GPU=0',
    'CUDA failure 716: misaligned address ; GPU=1',
    'CUDA failure 719: unspecified launch failure ; GPU=0',
    'CUDA failure 999: unknown error ; GPU=0',
    'CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0 ; expr=cublasGemmEx',
    'CUBLAS failure 14: CUBLAS_STATUS_INTERNAL_ERROR ; GPU=0',
    'CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0',
    'CUDNN failure 7: CUDNN_STATUS_MAPPING_ERROR ; GPU=0',
    'CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR ; GPU=0',
    'CUDNN failure 5003: CUDNN_STATUS_EXECUTION_FAILED_CUDART ; GPU=0',
    'CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0 ; expr=cublasSetStream(handle, stream);',
    'CUDA failure 709: context is destroyed ; GPU=0',
    'CUDA failure 721: tensor memory not completely freed ; GPU=0',
    `infer: ${noAnswer(150_000)}`,
  ])('says that the run may have lost the device: %s', (reason) => {
    expect(deviceLossOf(reason)).toBe('run');
  });

  it.each([
    'CUDA failure 214: uncorrectable ECC error encountered ; GPU=0',
    'CUDA failure 220: uncorrectable NVLink error detected during the execution ; GPU=0',
    'CUDA failure 46: CUDA-capable device(s) is/are busy or unavailable ; GPU=0',
    'CUDA failure 100: no CUDA-capable device is detected ; GPU=-1',
    'Unable to determine the device handle for GPU0: GPU is lost. Reboot the system to recover this GPU',
    'GPU 0000:3B:00.0 has fallen off the bus',
    'CUDA failure 226: Invalid access of peer GPU memory over nvlink or a hardware error ; GPU=0',
    'CUDA failure 805: MPS client failed to connect to the MPS control daemon or the MPS server ; GPU=0',
    'CUDA failure 810: MPS client terminated without error ; GPU=0',
    `infer: ${NOT_RUN}`,
  ])('says that the machine lost the device: %s', (reason) => {
    expect(deviceLossOf(reason)).toBe('machine');
  });

  it.each([
    'Failed to allocate memory for requested buffer of size 1124057088',
    'CUDA failure 2: out of memory ; GPU=0',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0',
    'CUDA error cudaErrorInvalidValue:invalid argument',
    'CUDNN failure 3000: CUDNN_STATUS_NOT_SUPPORTED ; GPU=0',
    'CUDA failure 701: too many resources requested for launch ; GPU=0',
    'CUDA failure 712: part or all of the requested memory range is already mapped ; GPU=0',
    'CUDNN failure 4003: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ; GPU=0',
    'CUDNN failure 4004: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ; GPU=0',
    'CUDNN failure 4001: CUDNN_STATUS_INTERNAL_ERROR_COMPILATION_FAILED ; GPU=0',
    'CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=a ; expr=cublasCreate(&cublas_handle_);',
    'indices element out of data bounds',
    undefined,
  ])('leaves errors to the next try after which the device still works: %s', (reason) => {
    expect(deviceLossOf(reason)).toBeUndefined();
  });
});
