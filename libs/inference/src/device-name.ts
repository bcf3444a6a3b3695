/** What the operator asks for. */
export type DeviceRequest = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;

/** Where the networks run, and why there. */
export type DeviceFacts = {
  readonly requested: DeviceRequest;
  /** onnxruntime's execution provider. */
  readonly provider: 'cuda' | 'cpu';
  /** Such as cpu or cuda:0. */
  readonly device: string;
  /** Why `auto` did not get CUDA. */
  readonly fallback?: string;
};

/** The device that was asked for cannot be had; the message is one sentence for the operator. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

const REMEDY =
  'install an NVIDIA driver, the CUDA libraries of onnxruntime-node (node ' +
  'node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12) and the CUDA and cuDNN that ' +
  'they are built for, or set DEVICE=cpu';

/** The number of the GPU; 0 unless it is named. */
const gpuOf = (requested: DeviceRequest): number => Number(/^cuda:(\d+)$/.exec(requested)?.[1] ?? 0);

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Finds the device that was asked for.
 *
 * @param probe runs something on the provider and rejects when that cannot be done
 * @throws DeviceError when CUDA was asked for by name and does not work; `auto` falls back to the CPU and says why
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
