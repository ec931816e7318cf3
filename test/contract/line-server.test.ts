import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { transportContract } from '../../src/contract/index.js';
import type {
  ConnectOptions,
  TransportClient,
  TransportHarness,
  TransportRefusal,
} from '../../src/contract/transport/harness.js';
import { doorMutants } from '../support/transport-mutants/door.js';
import { lineServer } from '../support/line-server.js';

/** A line has no line breaks. */
const WITHOUT: ReadonlySet<string> = new Set(['receives texts intact, whatever is in them']);
/** What its refusals must say, though they are no HTTP. */
const REFUSING: ReadonlySet<string> = new Set([
  'answers a refusal with its status, code and message',
  'says when to come back where the refusal does',
]);

/** Whatever ends it. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

const harness: TransportHarness = {
  waivers: {
    headers: 'a client says nothing at the door but its query',
    subprotocols: 'a line has no handshake to negotiate them in',
  },
  async start(chat) {
    const server = lineServer(chat);
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    return {
      connect: (options) => knock(address.port, options),
      stop: async () => {
        const gone = [...sockets].map((socket) => ended(socket.destroy()));
        if (server.listening) await new Promise((resolve) => server.close(resolve));
        await Promise.all(gone);
      },
    };
  },
};

async function knock(port: number, { query = [] }: ConnectOptions = {}): Promise<TransportClient | TransportRefusal> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const frames: string[] = [];
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const gone = new Error('the connection is gone');
  let end = { code: 1006, reason: '' };
  let isGone = false;
  let rest = Buffer.alloc(0);
  const take = (text: string): void => {
    const { closed } = JSON.parse(text);
    if (closed) end = closed;
    else if (waiting.length > 0) waiting.shift()?.resolve(text);
    else frames.push(text);
  };
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    for (let at = rest.indexOf('\n'); at !== -1; at = rest.indexOf('\n')) {
      take(rest.subarray(0, at).toString());
      rest = rest.subarray(at + 1);
    }
  });
  const closed = ended(socket).then(() => {
    isGone = true;
    for (const { reject } of waiting) reject(gone);
    return end;
  });
  const next = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const text = frames.shift();
      if (text !== undefined) resolve(text);
      else if (isGone) reject(gone);
      else waiting.push({ resolve, reject });
    });
  socket.write(`${new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString()}\n`);
  const first = await next();
  const { error } = JSON.parse(first);
  if (error) return { kind: 'refused', refusal: error };
  frames.unshift(first);
  return {
    kind: 'connected',
    protocol: '',
    send: (text) => void socket.write(`${text}\n`),
    next,
    close: () => void socket.end(),
    kill: () => void socket.resetAndDestroy(),
    pauseReading: () => void socket.pause(),
    resumeReading: () => void socket.resume(),
    closed,
  };
}

const cases = transportContract(harness);

for (const { name, run } of cases) if (!WITHOUT.has(name)) it(name, run);

it('leaves out no more than it says', () => {
  expect(cases.filter(({ name }) => WITHOUT.has(name))).toHaveLength(WITHOUT.size);
});

const refusing = doorMutants.filter(({ bites }) => bites.some((name) => REFUSING.has(name)));

it.each(refusing)('a line that $name does not pass', async ({ bites, chat }) => {
  const start: TransportHarness['start'] = (recorder, settings) =>
    harness.start(chat?.(recorder) ?? recorder, settings);
  const biting = transportContract({ ...harness, start }).filter(({ name }) => bites.includes(name));
  expect(biting).toHaveLength(bites.length);
  for (const { run } of biting) await expect(run()).rejects.toBeInstanceOf(assert.AssertionError);
});
