import { reasonOf } from '#errors';

/** The operator's choice. */
export type DeviceRequest = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;

/** The device that runs the networks. */
export type DeviceFacts = {
  readonly requested: DeviceRequest;
  /** onnxruntime's execution provider. */
  readonly provider: 'cuda' | 'cpu';
  /** For example cpu or cuda:0. */
  readonly device: string;
  /** Why `auto` did not get CUDA. */
  readonly fallback?: string;
};

/** The requested device does not work; the message is one sentence for the operator. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

const REMEDY =
  'install an NVIDIA driver of version 580 or newer, the CUDA libraries of onnxruntime-node (node ' +
  'node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install), CUDA 13 and cuDNN 9, or set DEVICE=cpu';

/** The number of the GPU, 0 by default. */
const gpuOf = (requested: DeviceRequest): number => Number(/^cuda:(\d+)$/.exec(requested)?.[1] ?? 0);

/**
 * Chooses the device. `auto` falls back to the CPU and keeps the reason.
 *
 * @param probe rejects when the provider does not work
 * @throws DeviceError when CUDA was requested by name and does not work
 */
export const findDevice = async (
  requested: DeviceRequest,
  probe: (provider: 'cuda' | 'cpu', gpu: number) => Promise<void>,
): Promise<DeviceFacts & { readonly gpu: number }> => {
  const gpu = gpuOf(requested);
  const onCpu = { requested, provider: 'cpu', device: 'cpu', gpu } as const;
  if (requested !== 'cpu') {
    try {
      await probe('cuda', gpu);
      return { requested, provider: 'cuda', device: `cuda:${gpu}`, gpu };
    } catch (cause) {
      const reason = reasonOf(cause);
      if (requested !== 'auto')
        throw new DeviceError(`DEVICE=${requested} does not work, since ${reason}: ${REMEDY}.`, { cause });
      await probe('cpu', gpu);
      return { ...onCpu, fallback: reason };
    }
  }
  await probe('cpu', gpu);
  return onCpu;
};
