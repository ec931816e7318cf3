import { afterEach, describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../src/adapters/ws/heartbeat.js';
import { batch } from '../../../src/contract/transport/frames.js';
import { EchoChat } from '../../support/echo-chat.js';
import { watchTimers } from '../../support/live-timers.js';
import { CLOSE, PING, PONG, RawWebSocket, TEXT, frame } from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

const text = (payload: string): Buffer => frame({ opcode: TEXT, payload });

const ways = [
  { name: 'bytes made once', directWrites: true, over: 'tcp' },
  { name: 'frame by frame', directWrites: false, over: 'tcp' },
  { name: 'on a stream that is no socket', directWrites: true, over: 'stream' },
] as const;

for (const { name, directWrites, over } of ways) {
  describe(`heartbeat, ${name}`, () => {
    const chat = new EchoChat();
    let stop = (): Promise<void> => Promise.resolve();
    afterEach(() => stop());

    const open = async (): Promise<RawWebSocket> => {
      const running = await startWs(chat, { directWrites, heartbeatMs: 60, closeTimeoutMs: 100 }, over);
      stop = running.stop;
      const raw = await RawWebSocket.open(running.port, PATH);
      await raw.text();
      return raw;
    };

    it('closes with 4012 a client that answers no ping', async () => {
      const raw = await open();
      const session = chat.sessions.at(-1);
      const frames = await raw.rest();
      expect(frames.map(({ opcode }) => opcode)).toEqual([PING, CLOSE]);
      expect(frames[1]?.payload.readUInt16BE(0)).toBe(4012);
      await chat.until(() => session?.closes === 1, 'closed()');
      raw.socket.destroy();
    });

    it('keeps a client that answers pings', async () => {
      const raw = await open();
      for (let pings = 0; pings < 6; pings += 1) {
        expect((await raw.next())?.opcode).toBe(PING);
        raw.write(frame({ opcode: PONG }));
      }
      expect(chat.sessions.at(-1)?.closes).toBe(0);
      raw.socket.destroy();
    });

    // Only a socket counts what it has sent.
    if (over === 'tcp') {
      it('closes also one that it does not read, where that one takes nothing', async () => {
        const raw = await open();
        const session = chat.sessions.at(-1);
        raw.socket.pause();
        session?.connection.pause();
        while (session?.connection.writable) {
          for (let n = 0; n < 64; n += 1) session.connection.send(batch('x'.repeat(16_384)));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await chat.until(() => session?.closes === 1, 'closed()');
        raw.socket.destroy();
      });
    }

    it('takes anything for life, also a piece of a frame', async () => {
      const raw = await open();
      const bytes = text('slowly');
      for (let at = 0; at < 6; at += 1) {
        expect((await raw.next())?.opcode).toBe(PING);
        raw.write(bytes.subarray(at, at + 1));
      }
      raw.write(bytes.subarray(6));
      expect(await raw.text()).toBe('slowly');
      raw.socket.destroy();
    });

    it('does not hold against a client that it is not read', async () => {
      const raw = await open();
      const session = chat.sessions.at(-1);
      session?.connection.pause();
      for (let pings = 0; pings < 5; pings += 1) expect((await raw.next())?.opcode).toBe(PING);
      raw.write(text('at last'));
      session?.connection.resume();
      let next = await raw.next();
      while (next?.opcode === PING) next = await raw.next();
      expect(next?.payload.toString()).toBe('at last');
      raw.socket.destroy();
    });
  });
}

describe('the rounds of a heartbeat', () => {
  const item = (beat: () => void) => ({ slot: 0, beat });

  it('visits everybody once a round, and nobody who has left', async () => {
    const beats = [0, 0, 0];
    const heartbeat = new Heartbeat(40);
    const first = new Promise<void>((resolve) => {
      const items = beats.map((_, index) =>
        item(() => {
          beats[index] = (beats[index] ?? 0) + 1;
          if (beats[0] === 4) resolve();
        }),
      );
      for (const each of items) heartbeat.add(each);
      heartbeat.remove(items[2] ?? item(() => {}));
    });
    await first;
    expect(beats[0]).toBe(4);
    expect(Math.abs((beats[1] ?? 0) - 4)).toBeLessThanOrEqual(1);
    expect(beats[2]).toBe(0);
    expect(heartbeat.size).toBe(2);
    for (const each of heartbeat.items()) heartbeat.remove(each);
    expect(heartbeat.size).toBe(0);
  });

  it('has a timer only while there is somebody, and never one with 0', async () => {
    const timers = watchTimers();
    const heartbeat = new Heartbeat(1000);
    const one = item(() => {});
    const two = item(() => {});
    expect(await timers.live()).toBe(0);
    heartbeat.add(one);
    heartbeat.add(two);
    expect(await timers.live()).toBe(1);
    heartbeat.remove(one);
    heartbeat.remove(one);
    expect([heartbeat.size, await timers.live()]).toEqual([1, 1]);
    heartbeat.remove(two);
    const off = new Heartbeat(0);
    off.add(one);
    expect(off.size).toBe(1);
    expect(await timers.live()).toBe(0);
    timers.stop();
  });
});
