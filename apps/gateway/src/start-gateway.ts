import { setTimeout as sleep } from 'node:timers/promises';
import { usableCores } from '#config';
import { reasonOf } from '#errors';
import { limitThreads } from '#imaging';
import type { Catalogue } from '#models';
import { METRICS, openAdminServer, PROBES, startProgram } from '#nest';
import type { Context, Running } from '#program';
import { createApp } from './create-app.js';
import type { GatewayOptions } from './gateway-options.js';
import { drain } from './http/drain.js';
import { SOCKETS } from './socket/serve-sockets.js';
import { WAITING_ROOM } from './tasks/waiting-room.js';

export type { GatewayOptions } from './gateway-options.js';

/** Opens everything and listens. */
export const startGateway = async (
  context: Context,
  catalogue: Catalogue,
  graceMs = context.config.SHUTDOWN_GRACE_S * 1000,
  options: GatewayOptions = {},
): Promise<Running & { readonly url: string }> => {
  const { config, log } = context;
  limitThreads(usableCores());
  const { app, stop } = await startProgram(
    log,
    async (shutdown) => {
      const created = await createApp({ context, catalogue, options, shutdown });
      const callers = { sockets: created.get(SOCKETS), waitingRoom: created.get(WAITING_ROOM) };
      shutdown.finish('callers', async () => {
        // Load balancers need a moment to see that this gateway is not ready. Until then it answers as before.
        await sleep(config.SHUTDOWN_DELAY_S * 1000);
        await drain(created, callers, graceMs);
      });
      return created;
    },
    async (created, shutdown) => {
      await created.listen(config.PORT, config.HOST).catch((cause: unknown) => {
        const reason = reasonOf(cause);
        throw new Error(`Port ${config.PORT} cannot be opened: ${reason}. Set PORT to a free port.`, {
          cause,
        });
      });
      const admin = await openAdminServer(config, log, created.get(METRICS), created.get(PROBES));
      shutdown.closes('admin port', admin, (opened) => opened.close());
    },
  );
  return { url: await app.getUrl(), stop };
};
