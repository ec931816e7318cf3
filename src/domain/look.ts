import type { BroadcastPort, Channel, ReadQuery, ReadResult } from '../ports/broadcast-port.js';
import type { Payer, RateLimits } from './rate-limits.js';

/** Bytes of stored messages that one look is good for. */
const LOOK_BYTES = 16 * 1024;

/** Reads what one request of a client is answered from. */
export type ReadStored = (channel: Channel, query: ReadQuery) => Promise<ReadResult>;

/**
 * Reads stored messages at a client's cost: a look for each 16 KiB that they begin. The request has paid for the first.
 * The others are charged when it is known how many they are; nothing is refused in the middle of an answer, so they are a
 * debt that the client's next request waits for.
 */
export function readAtCost(payer: Payer, broadcaster: BroadcastPort, rates: RateLimits): ReadStored {
  let bytes = 0;
  let looks = 1;
  return async (channel, query) => {
    const result = await broadcaster.read(channel, query);
    if (result.status === 'read') {
      for (const { frame } of result.entries) bytes += frame.length;
      const more = Math.max(0, Math.ceil(bytes / LOOK_BYTES) - looks);
      looks += more;
      if (more > 0) rates.owe(payer, { reads: more });
    }
    return result;
  };
}
