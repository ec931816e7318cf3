import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { each, PATIENCE_MS, scaled, until, within } from '../support/abuse/scale.js';
import { upgradeRequest } from '../support/raw-websocket.js';

const pod = abusedPod();
const AT_ONCE = 50;
const GUESTS = scaled(200, 4000);

/** A guest in a room of their own, who has more to say in the query than anybody wants to know. */
async function enter(n: number, more: string): Promise<Socket> {
  const socket = connect({ port: pod.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  const query = `name=name-of-the-guest-${n}&room=room-of-the-guest-${n}${more}`;
  socket.resume().write(upgradeRequest(`/api/chat-api/ws?${query}`));
  await within(once(socket, 'data'), 'an answer');
  return socket;
}

/** Bytes of heap that each guest costs while they are all there. */
async function heapOfEach(more: string): Promise<number> {
  const before = await pod.vitals();
  const guests: Socket[] = [];
  await each(GUESTS, AT_ONCE, async (n) => void guests.push(await enter(n, more)));
  const { heap } = await pod.vitals();
  for (const guest of guests) guest.resetAndDestroy();
  await until(async () => (await pod.vitals()).sockets <= before.sockets, 'the end of all guests', 100);
  return (heap - before.heap) / GUESTS;
}

it(
  'a connection keeps its name and its room of a request: 15,000 characters more cost nothing',
  async () => {
    // The first round warms the code up.
    await heapOfEach('');
    const short = await heapOfEach('');
    const long = await heapOfEach(`&x=${'x'.repeat(15_000)}`);
    pod.tried('guests with long requests', GUESTS);
    expect(long - short).toBeLessThan(2000);
  },
  PATIENCE_MS,
);
