import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { batch } from '../../../src/contract/transport/frames.js';
import { EchoChat } from '../../support/echo-chat.js';
import { RawWebSocket, TEXT, frame } from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

describe('writes to the socket', () => {
  const chat = new EchoChat();
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  /** A client, and a spy on what its server's socket is given to write. */
  const open = async () => {
    const running = await startWs(chat);
    stop = running.stop;
    const sockets: Socket[] = [];
    running.server.on('connection', (socket: Socket) => sockets.push(socket));
    const raw = await RawWebSocket.open(running.port, PATH);
    await raw.text();
    const [socket] = sockets;
    if (socket === undefined) throw new Error('no connection');
    const session = chat.sessions.at(-1);
    if (session === undefined) throw new Error('no session');
    return { raw, session, write: vi.spyOn(socket, 'write') };
  };

  it('are one for all that is sent in a turn', async () => {
    const { raw, session, write } = await open();
    for (let n = 0; n < 100; n += 1) session.connection.send(batch(`${n} a`, `${n} b`));
    for (let n = 0; n < 100; n += 1) expect([await raw.text(), await raw.text()]).toEqual([`${n} a`, `${n} b`]);
    expect(write).toHaveBeenCalledTimes(1);
    raw.socket.destroy();
  });

  it('are one for all answers to what came in one read', async () => {
    const { raw, write } = await open();
    raw.write(Buffer.concat(Array.from({ length: 200 }, (_, n) => frame({ opcode: TEXT, payload: String(n) }))));
    for (let n = 0; n < 200; n += 1) expect(await raw.text()).toBe(String(n));
    expect(write.mock.calls.length).toBeLessThan(5);
    raw.socket.destroy();
  });

  it('are given the same buffer for everybody who gets a batch', async () => {
    const first = await open();
    const firstStop = stop;
    const second = await open();
    const shared = batch('{"n":1}', '{"n":2}');
    first.session.connection.send(shared);
    second.session.connection.send(shared);
    for (const { raw } of [first, second]) expect([await raw.text(), await raw.text()]).toEqual(['{"n":1}', '{"n":2}']);
    expect(first.write.mock.calls[0]?.[0]).toBe(second.write.mock.calls[0]?.[0]);
    for (const { raw } of [first, second]) raw.socket.destroy();
    await firstStop();
  });
});
