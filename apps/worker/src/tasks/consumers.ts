import type { ServiceConfig } from '#config';
import { REMOTE_SLOTS, type TaskStage } from '#database';
import { createConsumer, type Consumer, type Handler } from '#queue';

type Needs = {
  readonly config: ServiceConfig;
  /** AIR ids of the served models. */
  readonly models: readonly string[];
  readonly handle: (stage: TaskStage) => Handler;
  readonly longestPauseMs: number;
  readonly onError: (error: Error) => void;
};

type Pausable = Pick<Consumer, 'pause' | 'resume'>;

/** Consumers of all stages, which several may pause for reasons of their own. */
export type Consumers = Pick<Consumer, 'run' | 'stop'> & {
  /** Pauses the stage `device` alone: a faulty device keeps no image from being fetched. */
  readonly ofDevice: Pausable;
  readonly ofAll: Pausable;
};

/** Pauses a consumer for one of several reasons. It resumes when none is left. */
const createGate = (consumer: Pausable): ((reason: string) => Pausable) => {
  const reasons = new Set<string>();
  return (reason) => ({
    pause: async () => {
      reasons.add(reason);
      await consumer.pause();
    },
    resume: async () => {
      reasons.delete(reason);
      if (reasons.size === 0) await consumer.resume();
    },
  });
};

export const createConsumers = ({ config, models, handle, ...rest }: Needs): Consumers => {
  const onDevice = createConsumer(config, handle('device'), {
    lanes: models,
    concurrency: config.WORKER_CONCURRENCY,
    ...rest,
  });
  const remote = (['fetch', 'upload'] as const).map((stage) =>
    createConsumer(config, handle(stage), { lanes: [stage], concurrency: REMOTE_SLOTS, ...rest }),
  );
  const all = [onDevice, ...remote];
  const gates = all.map(createGate);
  const each = async (work: (pausable: Pausable) => Promise<void>) =>
    void (await Promise.all(gates.map((gate) => work(gate('all')))));
  const [deviceGate = createGate(onDevice)] = gates;
  return {
    run: () => all.forEach((consumer) => consumer.run()),
    stop: async (ms) => void (await Promise.all(all.map((consumer) => consumer.stop(ms)))),
    ofDevice: deviceGate('device'),
    ofAll: { pause: () => each(({ pause }) => pause()), resume: () => each(({ resume }) => resume()) },
  };
};
