import type { Clock } from '../../ports/system.js';
import type { ChannelLogsOptions } from './channel-logs.js';

/** Settings of a memory broadcaster. */
export interface MemoryBroadcasterOptions {
  /**
   * Messages kept for each channel. 0: no log at all, plain publish and subscribe.
   *
   * @default 100
   */
  readonly historySize?: number;
  /**
   * Bytes of messages kept for each channel; the newest message always stays.
   *
   * @default 1048576
   */
  readonly historyBytes?: number;
  /**
   * Bytes of memory for all channels: messages, and what keeping them costs. What is over that goes from the channel that was
   * published to longest ago, and last from those that somebody listens to; the position of a channel stays. At most two
   * fifths of it are positions of channels that nobody listens to: see `maxChannels`.
   *
   * @default 268435456
   */
  readonly historyBytesTotal?: number;
  /**
   * How long messages are kept, in seconds from the channel's last one.
   *
   * @default 86400
   */
  readonly historyTtlSeconds?: number;
  /**
   * Channels that are remembered; where there are as many and another one begins, the one that was left longest ago is
   * forgotten. Those that somebody listens to never are. Fewer if 812 bytes for each are more than two fifths of
   * `historyBytesTotal`.
   *
   * @default 100000
   */
  readonly maxChannels?: number;
  /**
   * Keys of messages that are remembered, for ten minutes at most; one more, and the oldest is forgotten. About 300 bytes
   * each, however long they are.
   *
   * @default 200000
   */
  readonly maxKeys?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** @throws RangeError for a setting that can't work */
export function logsOptionsOf(options: MemoryBroadcasterOptions): ChannelLogsOptions {
  const { historySize = 100, historyBytes = 1_048_576, historyTtlSeconds = 86_400 } = options;
  const { maxChannels = 100_000, maxKeys = 200_000, historyBytesTotal = 268_435_456 } = options;
  const whole = (name: string, value: number, least: number): void => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new RangeError(`memoryBroadcaster: expected ${name} to be a whole number from ${least} on, got ${value}`);
  };
  whole('historySize', historySize, 0);
  whole('historyBytes', historyBytes, 1);
  whole('historyTtlSeconds', historyTtlSeconds, 1);
  whole('historyBytesTotal', historyBytesTotal, 1);
  whole('maxChannels', maxChannels, 1);
  whole('maxKeys', maxKeys, 1);
  const historyTtlMs = historyTtlSeconds * 1000;
  return { historySize, historyBytes, historyBytesTotal, historyTtlMs, maxChannels, maxKeys };
}
