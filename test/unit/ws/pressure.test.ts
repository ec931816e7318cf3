import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { WsTransportOptions } from '../../../src/adapters/ws/index.js';
import { batch } from '../../../src/contract/transport/frames.js';
import { EchoChat } from '../../support/echo-chat.js';
import { CLOSE, PING, PONG, RawWebSocket, TEXT, closePayload, frame } from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

describe('a client under pressure', () => {
  const chat = new EchoChat();
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  const open = async (options: WsTransportOptions = {}) => {
    const running = await startWs(chat, options);
    stop = running.stop;
    const raw = await RawWebSocket.open(running.port, PATH);
    await raw.text();
    const session = chat.sessions.at(-1);
    if (session === undefined) throw new Error('no session');
    return { raw, session };
  };

  it('gets the pong for the last ping once it reads again, and one only', async () => {
    const { raw, session } = await open({ closeTimeoutMs: 100 });
    raw.socket.pause();
    while (session.connection.writable) {
      session.connection.send(batch('x'.repeat(65_536)));
      await turn();
    }
    for (const payload of ['one', 'two', 'three']) {
      raw.write(Buffer.concat([frame({ opcode: PING, payload }), frame({ opcode: TEXT, payload })]));
      await chat.until(() => session.texts.at(-1) === payload, 'the text behind the ping');
    }
    raw.socket.resume();
    const pongs: string[] = [];
    while (pongs.length === 0) {
      const next = await raw.next();
      if (next?.opcode === PONG) pongs.push(next.payload.toString());
    }
    expect(pongs).toEqual(['three']);
    raw.write(frame({ opcode: TEXT, payload: 'and on' }));
    expect(await raw.text()).toBe('and on');
    raw.socket.destroy();
  });

  it('is not slow before the socket is, however low the mark', async () => {
    const { raw, session } = await open({ highWaterMark: 1, closeTimeoutMs: 100 });
    session.connection.send(batch('x'.repeat(1000)));
    expect(session.connection.writable).toBe(true);
    expect(await raw.text()).toBe('x'.repeat(1000));
    raw.socket.destroy();
  });

  it('is not slow because a turn sends much', async () => {
    const { raw, session } = await open({ closeTimeoutMs: 100 });
    for (let n = 0; n < 12; n += 1) session.connection.send(batch('x'.repeat(10_000)));
    expect(session.connection.writable).toBe(true);
    for (let n = 0; n < 12; n += 1) expect((await raw.text()).length).toBe(10_000);
    raw.socket.destroy();
  });

  it('is heard when it answers the close, also where it was not read', async () => {
    // So long that only the answer can end it within the test.
    const { raw, session } = await open({ closeTimeoutMs: 3_600_000 });
    session.connection.pause();
    raw.write(frame({ opcode: TEXT, payload: 'unread' }));
    session.connection.close(1012, 'restart');
    expect((await raw.next())?.opcode).toBe(CLOSE);
    raw.write(frame({ opcode: CLOSE, payload: closePayload(1012) }));
    await chat.until(() => session.closes === 1, 'closed()');
    expect(session.texts).toEqual([]);
    raw.socket.destroy();
  });

  it('is gone some time after the hard limit, also where it never reads', async () => {
    const { raw, session } = await open({ sendBufferBytes: 1_048_576, closeTimeoutMs: 100 });
    raw.socket.pause();
    for (let n = 0; n < 1000; n += 1) session.connection.send(batch('x'.repeat(65_536)));
    await chat.until(() => session.closes === 1, 'closed()');
    raw.socket.destroy();
  });
});
