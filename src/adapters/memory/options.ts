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
   * How long messages are kept, in seconds from the channel's last one.
   *
   * @default 86400
   */
  readonly historyTtlSeconds?: number;
  /**
   * Channels that are remembered; where there are as many and another one begins, the one that was left longest ago is
   * forgotten. Those that somebody listens to never are.
   *
   * @default 100000
   */
  readonly maxChannels?: number;
  /**
   * Keys of messages that are remembered, for ten minutes at most; one more, and the oldest is forgotten. About 500 bytes
   * each.
   *
   * @default 1000000
   */
  readonly maxKeys?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** @throws RangeError for a setting that can't work */
export function logsOptionsOf(options: MemoryBroadcasterOptions): ChannelLogsOptions {
  const { historySize = 100, historyBytes = 1_048_576, historyTtlSeconds = 86_400 } = options;
  const { maxChannels = 100_000, maxKeys = 1_000_000 } = options;
  const whole = (name: string, value: number, least: number): void => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new RangeError(`memoryBroadcaster: expected ${name} to be a whole number from ${least} on, got ${value}`);
  };
  whole('historySize', historySize, 0);
  whole('historyBytes', historyBytes, 1);
  whole('historyTtlSeconds', historyTtlSeconds, 1);
  whole('maxChannels', maxChannels, 1);
  whole('maxKeys', maxKeys, 1);
  return { historySize, historyBytes, historyTtlMs: historyTtlSeconds * 1000, maxChannels, maxKeys };
}
