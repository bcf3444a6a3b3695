import { startFleet } from '#test/fleet';
import type { Attack, Figure } from './attack.js';

const HEAP = '--max-old-space-size=512';
const MONITOR = `--import=${new URL('loop-monitor.js', import.meta.url).href}`;

/** Starts a gateway of its own, attacks it and stops it. */
export const runAttack = async (attack: Attack, isShort: boolean): Promise<readonly Figure[]> => {
  const fleet = await startFleet({ NODE_OPTIONS: `${HEAP} ${MONITOR}`, ...attack.env });
  try {
    const gateway = await fleet.start('gateway');
    return await attack.run({ fleet, gateway, isShort });
  } finally {
    await fleet.stop();
  }
};

/** A figure that the system does not tell is not judged. */
export const isMet = ({ value, max }: Figure): boolean => Number.isNaN(value) || value <= max;
