import type { BroadcastPort, Channel } from '../../ports/broadcast-port.js';
import type { Waivers } from '../waiver.js';

/**
 * What not every broadcaster, or not every way to test one, has:
 *
 * - `sequenced`: opened with a history, it keeps a log with offsets
 * - `unsequenced`: opened with `historySize: 0`, it is plain publish and subscribe
 * - `pods`: several broadcasters of one namespace hear each other
 * - `foreign`: another program can send to a channel ({@link BroadcastHarness.publishForeign})
 * - `expiry`: the harness can make stored messages expire ({@link BroadcastHarness.expire})
 */
export type BroadcastCapability = 'sequenced' | 'unsequenced' | 'pods' | 'foreign' | 'expiry';

/** How the suite wants a broadcaster to be set up. */
export interface BroadcastSettings {
  /** Messages to keep for each channel; 0: none, plain publish and subscribe. */
  readonly historySize: number;
}

/** How the suite gets at the broadcaster under test. */
export interface BroadcastHarness {
  /**
   * Makes a broadcaster. The suite starts and closes it, and fails a case that leaves a timer or a socket behind.
   *
   * Those of one namespace MUST share one broker, those of different namespaces MUST NOT hear each other. The suite
   * makes a new namespace (`[a-z0-9-]`, at most 40 characters) for each case, and within one case always asks for the
   * same settings.
   */
  readonly open: (namespace: string, settings: BroadcastSettings) => Promise<BroadcastPort>;

  /**
   * What is missing, each with the reason. Cases that need it are left out, and a case takes their place that fails
   * once the waiver is not needed any more.
   *
   * @default {} nothing
   */
  readonly waivers?: Waivers<BroadcastCapability>;

  /** Sends a payload to a channel the way another program would. Settles when the broker has it. */
  readonly publishForeign?: (namespace: string, channel: Channel, payload: Uint8Array) => Promise<void>;

  /** Makes the retention of everything that is stored in the namespace run out now. */
  readonly expire?: (namespace: string) => Promise<void>;

  /**
   * How many messages more than `historySize` may be stored, where the broker trims in steps.
   *
   * @default 0
   */
  readonly historySlack?: number;

  /**
   * How long to wait for something that must happen, in milliseconds. It costs time only where the contract is broken.
   *
   * @default 10000
   */
  readonly deadlineMs?: number;
}
