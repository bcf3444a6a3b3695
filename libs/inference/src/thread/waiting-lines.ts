import { networkKey, type Input, type Network } from '../network.js';
import type { Inference } from '../protocol.js';

/** An image that waits for the device. */
export type Member = {
  readonly id: number;
  readonly input: Input;
  readonly sinceMs: number;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: unknown) => void;
};
/** The network that runs next, or the time before which none may start. */
type NextWork = { readonly network: Network } | { readonly dueMs: number };

type Line = { readonly network: Network; members: Member[] };

export type LinesOptions = {
  /** The network's largest batch. */
  readonly limitOf: (network: Network) => number;
  /** The size of the batch that so many waiting images begin with. */
  readonly sizeOf: (waiting: number) => number;
  readonly lingerMs: number;
};

/**
 * The waiting images, in one line per network, oldest first. Lines take turns: after a batch a line goes to the end, so
 * that an image waits for at most one batch of each other network.
 *
 * A full batch starts at once, and so does a lone image, as more may never come. Two or more images are probably part of
 * a burst: they wait until the linger is over, counted from the arrival of the oldest. Other lines go first meanwhile.
 */
export const createLines = ({ limitOf, sizeOf, lingerMs }: LinesOptions) => {
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
    /** @returns whether the image still waited */
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
    /** The next network; undefined when nothing waits. */
    next: (nowMs: number): NextWork | undefined => {
      let dueMs = Infinity;
      for (const line of lines.values()) {
        const due = dueOf(line);
        if (due <= nowMs) return { network: line.network };
        dueMs = Math.min(dueMs, due);
      }
      return dueMs < Infinity ? { dueMs } : undefined;
    },
    /** Takes the network's next batch out of its line and moves the line to the end. */
    take: (network: Network): Member[] => {
      const key = networkKey(network);
      const line = lines.get(key);
      if (!line) return [];
      const members = line.members.splice(0, sizeOf(Math.min(limitOf(network), line.members.length)));
      lines.delete(key);
      if (line.members.length > 0) lines.set(key, line);
      return members;
    },
    /** Takes all images of the network. */
    takeAll: (network: Network): Member[] => {
      const members = lines.get(networkKey(network))?.members ?? [];
      lines.delete(networkKey(network));
      return members;
    },
  };
};
