import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { each, PATIENCE_MS, scaled, until, within } from '../support/abuse/scale.js';
import { upgradeRequest } from '../support/raw-websocket.js';

const pod = abusedPod();
const PATH = '/api/chat-api/ws?name=Mallory&room=hall';
const REQUEST = upgradeRequest(PATH);
const REFUSED = upgradeRequest(PATH, { Origin: 'https://evil.example' });
const AT_ONCE = 50;
const HALF = 1000;
const TRICKLING = 200;
const GUESTS = scaled(4000, 20_000);

// They wait all the while.
let slow: SlowClients;
beforeAll(() => (slow = new SlowClients()).begin());
afterAll(() => slow.end());

async function dial(): Promise<Socket> {
  const socket = connect({ port: pod.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await within(once(socket, 'connect'), 'a connection');
  return socket;
}

/** Asks, and goes with a reset as soon as an answer begins. */
async function askAndReset(request: string): Promise<void> {
  const socket = await dial();
  socket.write(request);
  await within(once(socket, 'data'), 'an answer');
  socket.resetAndDestroy();
}

/** Asks, and does not wait. */
async function resetBehind(request: string): Promise<void> {
  const socket = await dial();
  await new Promise<void>((resolve) => void socket.write(request, () => resolve()));
  socket.resetAndDestroy();
}

const attempts: readonly (readonly [name: string, attempt: () => Promise<void>])[] = [
  ['opened and reset', async () => void (await dial()).resetAndDestroy()],
  ['opened and ended', async () => void (await dial()).destroy()],
  ['reset within the request', async () => void (await dial()).end(REQUEST.slice(0, 60)).resetAndDestroy()],
  ['reset right behind the request', () => resetBehind(REQUEST)],
  ['reset right behind a bad request', () => resetBehind(REFUSED)],
  ['upgraded and reset', () => askAndReset(REQUEST)],
  ['refused and reset', () => askAndReset(REFUSED)],
];

describe('10,000 connections and more', () => {
  it.each(attempts)(
    '%s',
    async (name, attempt) => {
      const count = scaled(1500, 10_000);
      await each(count, AT_ONCE, attempt);
      pod.tried(`connections ${name}`, count);
    },
    PATIENCE_MS,
  );
});

describe('who is slow with a request', () => {
  it(
    '1,000 half upgrades and 200 that trickle: all are gone when 10 s have passed',
    async () => {
      await until(() => slow.open === 0, 'the end of those who are slow', 100);
      // The limit and two looks of the server at its clients; far from Node's own minutes.
      expect(slow.lastedMs).toBeLessThan(15_000);
      pod.tried('half upgrades', HALF);
      pod.tried('trickling upgrades', TRICKLING);
    },
    PATIENCE_MS,
  );
});

describe('what a connection leaves behind', () => {
  it(
    'is nothing: less than half a kilobyte each, when thousands have come and gone',
    async () => {
      // Who is there already keeps the room: to join it is nothing that the pod has to remember of a user.
      const resident = (await dial()).resume();
      resident.write(REQUEST);
      await within(once(resident, 'data'), 'an answer');
      const { sockets } = await pod.vitals();
      const heapBehind = async (count: number): Promise<number> => {
        await each(count, AT_ONCE, () => askAndReset(REQUEST));
        await until(async () => (await pod.vitals()).sockets <= sockets, 'the end of all guests', 100);
        return (await pod.vitals()).heap;
      };
      const before = await heapBehind(2000);
      const after = await heapBehind(GUESTS);
      pod.tried('guests who come and go', GUESTS);
      resident.destroy();
      expect((after - before) / GUESTS).toBeLessThan(512);
    },
    PATIENCE_MS,
  );
});

/** Clients whose requests never end. */
class SlowClients {
  open = 0;
  /** How long the last one that went was there, in milliseconds. */
  lastedMs = 0;
  readonly #began = performance.now();
  readonly #sockets: Socket[] = [];
  #drip: NodeJS.Timeout | undefined;

  async begin(): Promise<void> {
    for (let n = 0; n < HALF; n += 1) (await this.#dial()).write(REQUEST.slice(0, n % (REQUEST.length - 1)));
    const trickling: Socket[] = [];
    for (let n = 0; n < TRICKLING; n += 1) trickling.push(await this.#dial());
    let at = 0;
    this.#drip = setInterval(() => {
      for (const socket of trickling) if (!socket.destroyed) socket.write(REQUEST.charAt(at));
      // Never to its end.
      if (at < REQUEST.length - 4) at += 1;
    }, 500);
  }

  end(): void {
    clearInterval(this.#drip);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #dial(): Promise<Socket> {
    const socket = (await dial()).resume();
    this.#sockets.push(socket);
    this.open += 1;
    socket.once('close', () => {
      this.open -= 1;
      this.lastedMs = performance.now() - this.#began;
    });
    return socket;
  }
}
