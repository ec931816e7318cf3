import { expect, it, onTestFinished } from 'vitest';
import { batch } from '../../../src/contract/transport/frames.js';
import type { RefusalReporter } from '../../../src/ports/refusal.js';
import { EchoChat } from '../../support/echo-chat.js';
import { BINARY, frame, RawWebSocket, TEXT, upgradeRequest } from '../../support/raw-websocket.js';
import { eventually } from '../../support/eventually.js';
import { PATH, startWs } from '../../support/ws-harness.js';

async function stage() {
  const traces: unknown[][] = [];
  const refusals: RefusalReporter = { add: (...trace) => void traces.push(trace) };
  const chat = new EchoChat();
  const { port, stop } = await startWs(chat, { refusals, messageBytes: 1000, closeTimeoutMs: 100 });
  onTestFinished(stop);
  return { chat, port, traces };
}

const WHO = { address: '127.0.0.1' };

it.each([
  ['of another method', upgradeRequest(PATH, {}, 'POST'), 'a WebSocket upgrade is a GET request, this is POST'],
  ['of another version', upgradeRequest(PATH, { 'Sec-WebSocket-Version': '8' }), 'Sec-WebSocket-Version must be 13'],
])('an upgrade %s leaves a trace, and not its query', async (_what, request, reason) => {
  const { port, traces } = await stage();
  const raw = await RawWebSocket.send(port, request.replace(PATH, `${PATH}?token=secret`));
  await raw.response();
  raw.reset();
  expect(traces).toEqual([['upgrade', reason, WHO]]);
});

it.each([
  [`${PATH}/`, PATH],
  [`/${PATH}`, PATH],
  ['//ws', PATH],
  ['/ws', PATH],
  [PATH.toUpperCase(), PATH],
  ['/elsewhere', undefined],
])('an upgrade of %s is a 404 with a hint at %s, and leaves a trace', async (path, right) => {
  const { port, traces } = await stage();
  const raw = await RawWebSocket.send(port, upgradeRequest(path));
  const { status, body } = await raw.response();
  raw.reset();
  const message = `no WebSocket is served at this path${right === undefined ? '' : `: did you mean ${right}?`}`;
  expect([status, JSON.parse(body)]).toEqual([404, { error: { code: 'not_found', message } }]);
  expect(traces).toEqual([['upgrade', message, WHO]]);
});

it.each([
  ['binary', frame({ opcode: BINARY, payload: 'secret' }), 'text frames only'],
  ['too long', frame({ opcode: TEXT, payload: 'x'.repeat(1001) }), 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'],
  ['unmasked', frame({ opcode: TEXT, payload: 'secret', masked: false }), 'WS_ERR_EXPECTED_MASK'],
  ['not UTF-8', frame({ opcode: TEXT, payload: Buffer.from([0xff]) }), 'WS_ERR_INVALID_UTF8'],
])('a frame that is %s leaves a trace', async (_what, bytes, reason) => {
  const { port, traces } = await stage();
  const raw = await RawWebSocket.open(port, PATH);
  raw.write(bytes);
  await eventually(() => traces, [['wire', reason, WHO]]);
  raw.reset();
});

it('a client that reads too slowly leaves a trace, once, and one that is gone none', async () => {
  const { chat, port, traces } = await stage();
  const gone = await RawWebSocket.open(port, PATH);
  gone.reset();
  const raw = await RawWebSocket.open(port, PATH);
  raw.socket.pause();
  const session = chat.sessions.at(-1);
  for (let n = 0; n < 200; n++) session?.connection.send(batch('x'.repeat(65_536)));
  await eventually(() => traces, [['wire', 'reads too slowly', WHO]]);
  raw.reset();
});
