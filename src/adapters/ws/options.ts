import { containedLogger } from '../../domain/contained-logger.js';
import type { RefusalReporter } from '../../ports/refusal.js';
import type { Logger } from '../../ports/system.js';
import { silentLogger } from '../node/silent-logger.js';

/** The default of {@link WsTransportOptions.highWaterMark}, in bytes. */
export const HIGH_WATER_MARK = 65_536;

/** What a {@link WsTransport} allows and how long it waits. */
export interface WsTransportOptions {
  /**
   * The longest text message taken from a client, in bytes of UTF-8. One byte more closes with 1009.
   *
   * @default 65536
   */
  readonly messageBytes?: number;
  /**
   * How many bytes may be buffered for one client before `writable` becomes `false`. Never lower than the socket's
   * own mark (16 KiB on Node 20, 64 KiB later), below which a socket does not tell that it drained.
   *
   * @default 65536
   */
  readonly highWaterMark?: number;
  /**
   * How many bytes may be buffered for one client at all. More closes with 4008.
   *
   * @default 4194304
   */
  readonly sendBufferBytes?: number;
  /**
   * Milliseconds between two pings to a client. One that shows no life from one to the next is closed with 4012.
   * `0` sends none: only TCP then notices a client that vanished.
   *
   * @default 30000
   */
  readonly heartbeatMs?: number;
  /**
   * Milliseconds that a closing client has to answer the close frame before its socket is destroyed; also how long
   * `close()` of the transport waits for all of them.
   *
   * @default 2000
   */
  readonly closeTimeoutMs?: number;
  /**
   * Write ready-made bytes straight to the socket, made once for all who get the same batch. `false` sends frame by
   * frame through ws.
   *
   * @default true
   */
  readonly directWrites?: boolean;
  /**
   * Addresses, and networks such as `10.0.0.0/8`, of proxies whose `X-Forwarded-For` tells where a client comes from.
   *
   * @default [] none: the address of the socket counts
   */
  readonly trustedProxies?: readonly string[];
  /** Told of faults in the {@link ChatPort} that would otherwise end the process. @default silent */
  readonly logger?: Logger;
  /** Told of what is refused before the {@link ChatPort} is asked, and below its messages. @default nobody */
  readonly refusals?: RefusalReporter;
}

/** The options with their defaults. */
export type WsSettings = Required<Omit<WsTransportOptions, 'refusals'>> & Pick<WsTransportOptions, 'refusals'>;

/**
 * Fills in the defaults.
 *
 * @throws RangeError where a value is no count of bytes or milliseconds, or two of them contradict each other
 */
export function settingsOf(options: WsTransportOptions): WsSettings {
  const settings: WsSettings = {
    messageBytes: count('messageBytes', options.messageBytes, 1, 65_536),
    highWaterMark: count('highWaterMark', options.highWaterMark, 1, HIGH_WATER_MARK),
    sendBufferBytes: count('sendBufferBytes', options.sendBufferBytes, 1, 4_194_304),
    heartbeatMs: count('heartbeatMs', options.heartbeatMs, 0, 30_000),
    closeTimeoutMs: count('closeTimeoutMs', options.closeTimeoutMs, 1, 2000),
    directWrites: options.directWrites ?? true,
    trustedProxies: options.trustedProxies ?? [],
    logger: options.logger ? containedLogger(options.logger) : silentLogger,
    ...(options.refusals && { refusals: options.refusals }),
  };
  if (settings.sendBufferBytes <= settings.highWaterMark) {
    throw new RangeError(
      `WsTransport: sendBufferBytes (${settings.sendBufferBytes}) must be above highWaterMark (${settings.highWaterMark}), or no client could ever be slow without being closed`,
    );
  }
  return settings;
}

// What a timer of Node takes; longer ones fire at once.
const MAX = 2_147_483_647;

function count(name: string, value: number | undefined, least: number, fallback: number): number {
  const chosen = value ?? fallback;
  if (Number.isInteger(chosen) && chosen >= least && chosen <= MAX) return chosen;
  throw new RangeError(`WsTransport: ${name} must be an integer from ${least} to ${MAX}, got ${String(chosen)}`);
}
