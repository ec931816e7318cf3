import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { trimReason } from '../../../src/adapters/ws/close-reason.js';
import { settingsOf } from '../../../src/adapters/ws/options.js';
import { pong, wireOf } from '../../../src/adapters/ws/wire.js';
import { FlushQueue } from '../../../src/adapters/ws/flush-queue.js';
import { batch } from '../../../src/contract/transport/frames.js';
import { EchoChat } from '../../support/echo-chat.js';
import { PONG, RawWebSocket, TEXT, frame } from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

describe('the bytes of a batch', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('frame %i bytes as RFC 6455 does', (size) => {
    const payload = 'x'.repeat(size);
    expect(wireOf(batch(payload)).equals(frame({ opcode: TEXT, payload, masked: false }))).toBe(true);
  });

  it('are the frames one after the other, made once', () => {
    const shared = batch('a', 'bb', 'x'.repeat(300));
    const wire = wireOf(shared);
    expect(
      wire.equals(Buffer.concat(shared.frames.map((payload) => frame({ opcode: TEXT, payload, masked: false })))),
    ).toBe(true);
    expect(wireOf(shared)).toBe(wire);
    expect(wireOf({ frames: shared.frames })).not.toBe(wire);
    expect(wireOf(batch()).length).toBe(0);
  });

  it('of a pong carry the payload of the ping', () => {
    expect(pong(Buffer.from('now?')).equals(frame({ opcode: PONG, payload: 'now?', masked: false }))).toBe(true);
  });
});

describe('the reason of a close', () => {
  it.each([
    ['', ''],
    ['short', 'short'],
    ['r'.repeat(123), 'r'.repeat(123)],
    ['r'.repeat(124), 'r'.repeat(123)],
    ['ä'.repeat(62), 'ä'.repeat(61)],
    ['€'.repeat(50), '€'.repeat(41)],
    ['x' + '😀'.repeat(50), 'x' + '😀'.repeat(30)],
  ])('%s is cut between characters', (reason, cut) => {
    expect(trimReason(reason)).toBe(cut);
  });

  it('reaches the client cut', async () => {
    const chat = new EchoChat();
    const { port, stop } = await startWs(chat, { closeTimeoutMs: 100 });
    const raw = await RawWebSocket.open(port, PATH);
    await raw.text();
    chat.sessions[0]?.connection.close(4403, '€'.repeat(1000));
    expect((await raw.next())?.payload.subarray(2).toString()).toBe('€'.repeat(41));
    raw.socket.destroy();
    await stop();
  });
});

describe('a flush queue', () => {
  it('flushes each dirty item once after the turn, and what gets dirty meanwhile after that', async () => {
    const flushed: string[] = [];
    const queue = new FlushQueue();
    const second = { flush: () => void flushed.push('second') };
    queue.add({
      flush() {
        flushed.push('first');
        queue.add(second);
      },
    });
    expect(flushed).toEqual([]);
    await turn();
    expect(flushed).toEqual(['first', 'second']);
  });
});

describe('options', () => {
  it('have defaults', () => {
    expect(settingsOf({})).toEqual({
      messageBytes: 65_536,
      highWaterMark: 65_536,
      sendBufferBytes: 4_194_304,
      heartbeatMs: 30_000,
      closeTimeoutMs: 2000,
      directWrites: true,
      trustedProxies: [],
      logger: silentLogger,
    });
  });

  it.each([
    [{ messageBytes: 0 }, 'messageBytes must be an integer from 1'],
    [{ messageBytes: Number.NaN }, 'got NaN'],
    [{ heartbeatMs: -1 }, 'heartbeatMs must be an integer from 0'],
    [{ heartbeatMs: 2 ** 31 }, 'heartbeatMs'],
    [{ closeTimeoutMs: 0.5 }, 'closeTimeoutMs'],
    [{ sendBufferBytes: 1000, highWaterMark: 1000 }, 'must be above highWaterMark'],
  ])('%o are refused', (options, complaint) => {
    expect(() => settingsOf(options)).toThrow(complaint);
  });
});
