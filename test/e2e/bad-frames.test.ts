import { describe, expect, it, onTestFinished } from 'vitest';
import { attackedPod } from '../support/attacked-pod.js';
import { CLOSE, PING, RawWebSocket, TEXT, frame } from '../support/raw-websocket.js';

const pod = attackedPod();

const text = (payload: string | Uint8Array): Buffer => frame({ opcode: TEXT, payload });
const chat = (content: string): Buffer => text(JSON.stringify({ data: { content } }));
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));

async function open(): Promise<RawWebSocket> {
  const raw = await RawWebSocket.open(pod.port, '/api/chat-api/ws?name=Eve');
  onTestFinished(() => raw.reset());
  expect(JSON.parse(await raw.text())).toMatchObject({ type: 'welcome' });
  return raw;
}

describe('who breaks off', () => {
  it('within a frame, with a reset, has said nothing', async () => {
    const raw = await open();
    raw.write(chat('never whole').subarray(0, 12));
    raw.reset();
    expect(await pod.noticedNothing()).not.toContain('never whole');
  });
});

describe('who floods', () => {
  it('with pings, gets few pongs and no close', async () => {
    const raw = await open();
    raw.write(times(10_000, frame({ opcode: PING, payload: 'x' })));
    raw.write(text('{"type":"ping"}'));
    let pongs = 0;
    for (;;) {
      const next = await raw.next();
      if (next === undefined || next.opcode === CLOSE) throw new Error('the flood was closed');
      if (next.payload.toString() === '{"type":"pong"}') break;
      pongs += next.payload.toString() === 'x' ? 1 : 0;
    }
    expect(pongs).toBeLessThan(1000);
  });

  it('with messages and reads nothing, does not hold up the others', async () => {
    const raw = await RawWebSocket.open(pod.port, '/api/chat-api/ws?room=deaf');
    onTestFinished(() => raw.reset());
    raw.socket.pause();
    const message = text(JSON.stringify({ room: 'deaf', data: 'x'.repeat(60_000) }));
    for (let n = 0; n < 100; n++) raw.write(message);
    await pod.noticedNothing();
    await pod.noticedNothing();
  });
});
