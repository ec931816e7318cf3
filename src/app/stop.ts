import type { WsTransport } from '../adapters/ws/index.js';
import type { Hub } from '../domain/hub.js';

/** Why a pod stops: 1012 a restart or deploy, 1001 somebody's hand. */
export type StopCode = 1001 | 1012;

const REASONS: { readonly [code in StopCode]: string } = {
  1001: 'the server was stopped',
  1012: 'the server restarts',
};

/**
 * Finishes what is under way, tells each client when to come back, and closes all connections.
 *
 * @param withinMs each is told a random delay of up to this, in milliseconds, so that they do not all come at once
 */
export async function closeClients(hub: Hub, transport: WsTransport, code: StopCode, withinMs: number): Promise<void> {
  const reconnectAfterMs = (): number => Math.floor(Math.random() * withinMs);
  await hub.drain({ code, reason: REASONS[code], reconnectAfterMs });
  await transport.close();
}
