import { networkKey, type Input, type Network } from '../network.js';
import type { Inference } from '../protocol.js';

/** One image that waits for the device. */
export type Member = {
  readonly id: number;
  readonly input: Input;
  readonly sinceMs: number;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: unknown) => void;
};
/** The network whose turn it is; or when to look again, since nothing may start before. */
type NextWork = { readonly network: Network } | { readonly dueMs: number };

type Line = { readonly network: Network; members: Member[] };

export type LinesOptions = {
  /** The largest batch of that network. */
  readonly limitOf: (network: Network) => number;
  readonly lingerMs: number;
};

/**
 * Who waits for the device, in one line for each network. Lines take turns: one that got the device goes to the
 * end, so that however many images wait for one network, another's wait at most one batch of each. In a line the
 * oldest is first.
 *
 * A full batch starts at once, and so does an image alone: no lone image pays for company that may not come. A
 * part-filled batch of two or more is a burst whose rest may be on its way, so it waits until the linger is over,
 * counted from the arrival of its oldest; waiting behind another batch counts too. While one line lingers, the
 * others go first.
 */
export const createLines = ({ limitOf, lingerMs }: LinesOptions) => {
  const lines = new Map<string, Line>();

  const dueOf = ({ network, members }: Line): number => {
    const oldest = members[0]?.sinceMs ?? 0;
    return members.length === 1 || members.length >= limitOf(network) ? oldest : oldest + lingerMs;
  };

  return {
    add: (network: Network, member: Member): void => {
      const key = networkKey(network);
      const line = lines.get(key);
      if (line) line.members.push(member);
      else lines.set(key, { network, members: [member] });
    },
    /** @returns whether it still waited */
    remove: (id: number): boolean => {
      for (const [key, line] of lines) {
        const position = line.members.findIndex((member) => member.id === id);
        if (position < 0) continue;
        line.members.splice(position, 1);
        if (line.members.length === 0) lines.delete(key);
        return true;
      }
      return false;
    },
    /** Whose turn it is, if anybody waits. */
    next: (nowMs: number): NextWork | undefined => {
      let dueMs = Infinity;
      for (const line of lines.values()) {
        const due = dueOf(line);
        if (due <= nowMs) return { network: line.network };
        dueMs = Math.min(dueMs, due);
      }
      return dueMs < Infinity ? { dueMs } : undefined;
    },
    /** Takes a network's next batch, or as many as wanted, out of its line, which goes to the end. */
    take: (network: Network, count = limitOf(network)): Member[] => {
      const key = networkKey(network);
      const line = lines.get(key);
      if (!line) return [];
      const members = line.members.splice(0, count);
      lines.delete(key);
      if (line.members.length > 0) lines.set(key, line);
      return members;
    },
  };
};
