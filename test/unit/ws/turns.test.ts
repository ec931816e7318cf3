import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { EchoChat } from '../../support/echo-chat.js';
import { CLOSE, RawWebSocket, TEXT, closePayload, frame } from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

const CLIENTS = 100;
const MESSAGES = 30;
// A socket takes them all at once, and the server has them in one read.
const MESSAGE_BYTES = 1000;
const TURN_BYTES = 1024 * 1024;

describe('what many clients send at once', () => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  /** Each client sends numbered messages, three megabytes in all. */
  const flood = async (behind: Uint8Array = Buffer.alloc(0)) => {
    const chat = new EchoChat();
    const running = await startWs(chat);
    stop = running.stop;
    const clients: RawWebSocket[] = [];
    for (let n = 0; n < CLIENTS; n += 1) clients.push(await RawWebSocket.open(running.port, PATH));
    for (const client of clients) await client.text();
    const turns = countTurns(chat);
    const messages = Array.from({ length: MESSAGES }, (_, n) => frame({ opcode: TEXT, payload: textOf(n) }));
    for (const client of clients) client.write(Buffer.concat([...messages, behind]));
    return { clients, turns };
  };

  it('comes in over several turns of the event loop, a megabyte each', async () => {
    const { clients, turns } = await flood();
    for (const client of clients) {
      for (let n = 0; n < MESSAGES; n += 1) expect(await client.text()).toBe(textOf(n));
      client.socket.destroy();
    }
    expect(turns.reduce((sum, bytes) => sum + bytes)).toBe(CLIENTS * MESSAGES * MESSAGE_BYTES);
    expect(Math.max(...turns)).toBeLessThan(TURN_BYTES + MESSAGE_BYTES);
  });

  it('comes in before the close frame behind it', async () => {
    const { clients } = await flood(frame({ opcode: CLOSE, payload: closePayload(1000) }));
    for (const client of clients) {
      for (let n = 0; n < MESSAGES; n += 1) expect(await client.text()).toBe(textOf(n));
      expect((await client.next())?.opcode).toBe(CLOSE);
      client.socket.destroy();
    }
  });
});

function textOf(n: number): string {
  return `${n} `.padEnd(MESSAGE_BYTES, 'x');
}

/** Bytes of text that sessions received in each turn from now on. */
function countTurns(chat: EchoChat): number[] {
  const turns = [0];
  let immediate: NodeJS.Immediate | undefined;
  const next = (): void => {
    turns.push(0);
    immediate = setImmediate(next);
  };
  immediate = setImmediate(next);
  onTestFinished(() => clearImmediate(immediate));
  for (const session of chat.sessions) {
    const received = session.received.bind(session);
    vi.spyOn(session, 'received').mockImplementation((text) => {
      turns.push((turns.pop() ?? 0) + text.length);
      received(text);
    });
  }
  return turns;
}
