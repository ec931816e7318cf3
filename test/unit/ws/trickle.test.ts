import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { EchoChat } from '../../support/echo-chat.js';
import { CLOSE, RawWebSocket, TEXT, frame } from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

let stop = (): Promise<void> => Promise.resolve();
afterEach(() => stop());

it('a frame that comes byte by byte without end is closed with 1008, after thousands of pieces and not before', async () => {
  const running = await startWs(new EchoChat());
  stop = running.stop;
  const raw = await RawWebSocket.open(running.port, PATH);
  await raw.text();
  raw.socket.setNoDelay(true);
  const codes: (number | undefined)[] = [];
  const ended = raw.next().then((next) => {
    codes.push(next?.opcode === CLOSE ? next.payload.readUInt16BE(0) : undefined);
  });
  const bytes = frame({ opcode: TEXT, payload: 'x'.repeat(60_000) });
  let sent = 0;
  // The server is of this process: with each turn it reads what one write has brought.
  for (; codes.length === 0 && sent < bytes.length; sent += 1) {
    raw.write(bytes.subarray(sent, sent + 1));
    await turn();
  }
  await ended;
  expect(codes).toEqual([1008]);
  expect(sent).toBeGreaterThan(4000);
  raw.socket.destroy();
});
